import type { Sample } from '../vitals.ts'

/** What a parent says to a child. The app has the same channel, so ours bear a mark. */
const ORDERS = ['drain', 'soft', 'quiet', 'resume', 'reopen', 'dump'] as const
export type Order = (typeof ORDERS)[number]

/** What a child says of itself, instead of vitals. */
export interface Report extends Omit<Sample, 'exit'> {
  /** Unless the app has said nothing of it. */
  readonly backlog?: number
  /** Resident memory, bytes. */
  readonly rss: number
  /** Why it ends, in its last one. */
  readonly reason?: string
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

export const orderMessage = (order: Order) => ({ multiWorker: order })

export function readOrder(message: unknown): Order | undefined {
  const word = isObject(message) ? message['multiWorker'] : undefined
  return ORDERS.find((known) => known === word)
}

export const reportMessage = (report: Report) => ({ multiWorker: report })

/** What the app itself sends is not for us. The child is this very program, so the shape needs no second look. */
export function readReport(message: unknown): Report | undefined {
  const report = isObject(message) ? message['multiWorker'] : undefined
  return isObject(report) ? (report as unknown as Report) : undefined
}

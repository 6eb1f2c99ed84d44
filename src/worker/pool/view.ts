import type { HostOptions } from '../options.ts'

/** A place in the pool, as decisions see it. All times are monotonic ms. */
export interface SlotView {
  /** From 1. */
  readonly index: number
  /** `off`: not wanted. `down`: wanted, and waiting for its start. */
  readonly phase: 'off' | 'down' | 'booting' | 'ready' | 'draining'
  /** Why it drains. */
  readonly leaving?: 'recycle' | 'shrink'
  /** Being replaced, until the new child is ready. */
  readonly recycling: boolean
  /** When it may be started. */
  readonly retryAt: number
  readonly active: number
  readonly done: number
  /** Bytes. */
  readonly rss: number
  /** What it took when it became ready. */
  readonly rssAtReady?: number
  /** Since when it has had nothing to do; only while it is ready. */
  readonly idleSince?: number
}

export interface PoolView {
  readonly slots: readonly SlotView[]
  /** How many children there should be. */
  readonly wanted: number
  /** Jobs that wait, if the app says. */
  readonly backlog: number | undefined
  readonly scaledUpAt: number
}

export interface Limits {
  readonly maxTasks?: number
  /** KiB */
  readonly maxMemory?: number
  readonly autoscale?: { readonly max: number; readonly min: number }
  /** How long a child is idle before it may go. */
  readonly keepAliveMs: number
}

/** Those that count: running or to be started, and not on their way out of the pool. */
export const membersOf = ({ slots }: PoolView): readonly SlotView[] =>
  slots.filter(({ phase, leaving }) => phase !== 'off' && leaving !== 'shrink')

export const isIdle = ({ phase, active }: SlotView): boolean => phase === 'ready' && active === 0

/** Celery's, and under Celery's name (AUTOSCALE_KEEPALIVE, seconds). */
const KEEP_ALIVE_S = 30

function keepAliveMs(): number {
  const seconds = Number(process.env['AUTOSCALE_KEEPALIVE'] ?? KEEP_ALIVE_S)
  return (Number.isFinite(seconds) && seconds >= 0 ? seconds : KEEP_ALIVE_S) * 1000
}

export const limitsOf = ({ maxTasks, maxMemory, autoscale }: HostOptions): Limits => ({
  ...(maxTasks !== undefined && { maxTasks }),
  ...(maxMemory !== undefined && { maxMemory }),
  ...(autoscale !== undefined && { autoscale }),
  keepAliveMs: keepAliveMs(),
})

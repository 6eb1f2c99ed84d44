/**
 * What a worker says of itself: one small JSON file at the path in MULTI_VITALS, replaced by rename on change (at most every
 * 500 ms) and at least every 10 s. multi-worker(7) is the protocol; schema/vitals.v1.json its schema.
 */
export interface Vitals {
  readonly v: 1
  /** The process that multi started: its pid proves that the file is not an older worker's. */
  readonly pid: number
  readonly state: VitalsState
  /** Jobs being done, jobs taken and waiting inside the worker, jobs done since its start. */
  readonly active: number
  readonly reserved: number
  /** How many of the reserved wait for a time of their own (an ETA, a rate limit), and are not about to begin. */
  readonly scheduled?: number
  readonly done: number
  /** When the oldest running job began, ms since the epoch; null when none runs. */
  readonly oldestStartedAt: number | null
  /** When this was written, ms since the epoch. */
  readonly updatedAt: number
  /** With state `gone` its last words; before, the latest trouble of a part of it (a pool process that crashed). */
  readonly exit?: { readonly code?: number; readonly reason?: string }
  /** The queues that it takes jobs from now, where it knows. */
  readonly queues?: readonly string[]
  /** The queues that it took jobs from when it was ready first: those that it is resumed with. */
  readonly home?: readonly string[]
  /** Whether the soft signal of its kind would let running jobs be given back (Celery: worker_soft_shutdown_timeout > 0). */
  readonly soft?: boolean
  /** It was told to take no more jobs, could not do so, and goes on taking them. */
  readonly loud?: boolean
  /** The wishes that it would do now: see `wishPath`. Who does not say so is never asked. */
  readonly heeds?: readonly string[]
}

export const VITALS_STATES = ['booting', 'ready', 'quiet', 'draining', 'gone'] as const
export type VitalsState = (typeof VITALS_STATES)[number]

/** Larger is not believed: a worker that floods must not cost its manager anything. */
export const VITALS_LIMIT = 16_384

/** Longest time between two writings of a worker that is well. */
export const VITALS_PERIOD_MS = 10_000
/** Shortest time between two writings. */
export const VITALS_PAUSE_MS = 500

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0

/** undefined: torn, of another version, or not what the schema says. Fields that are not known are left out. */
export function parseVitals(text: string): Vitals | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isObject(value) ? read(value) : undefined
}

function read(value: Json): Vitals | undefined {
  const { v, pid, active = 0, reserved = 0, done = 0, oldestStartedAt = null, updatedAt } = value
  const state = VITALS_STATES.find((known) => known === value['state'])
  if (v !== 1 || !isCount(pid) || pid < 1 || state === undefined || !isTime(updatedAt)) return undefined
  if (!isCount(active) || !isCount(reserved) || !isCount(done)) return undefined
  if (oldestStartedAt !== null && !isTime(oldestStartedAt)) return undefined
  return { v, pid, state, active, reserved, done, oldestStartedAt, updatedAt, ...extras(value) }
}

function extras({
  exit,
  queues,
  home,
  soft,
  loud,
  heeds,
  scheduled,
}: Json): Pick<Vitals, 'scheduled' | 'exit' | 'queues' | 'home' | 'soft' | 'loud' | 'heeds'> {
  return {
    ...(isCount(scheduled) ? { scheduled } : {}),
    ...(isObject(exit) ? { exit: exitOf(exit) } : {}),
    ...(Array.isArray(queues) ? { queues: namesIn(queues) } : {}),
    ...(Array.isArray(home) ? { home: namesIn(home) } : {}),
    ...(typeof soft === 'boolean' ? { soft } : {}),
    ...(typeof loud === 'boolean' ? { loud } : {}),
    ...(Array.isArray(heeds) ? { heeds: namesIn(heeds) } : {}),
  }
}

const namesIn = (values: readonly unknown[]): string[] => values.filter((one) => typeof one === 'string').slice(0, 100)

const exitOf = ({ code, reason }: Json): NonNullable<Vitals['exit']> => ({
  ...(isCount(code) ? { code } : {}),
  ...(typeof reason === 'string' ? { reason: reason.slice(0, 400) } : {}),
})

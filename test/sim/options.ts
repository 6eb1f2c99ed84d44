import type { Behaviour } from './behaviour.ts'
import type { LockMode } from './locks.ts'
import type { Scheduler } from './scheduler.ts'
import type { PidRange } from './table.ts'

export interface WorldOptions {
  /** Chooses the scheduler, and what `random()` says. Without it: first come, first served. */
  readonly seed?: number
  readonly scheduler?: Scheduler
  readonly pids?: PidRange
  /** How long one call takes, ms. */
  readonly callMs?: number
  readonly uptimeMs?: number
  readonly wallMs?: number
  /** How long init leaves a zombie lying. */
  readonly initDelayMs?: number
  readonly lock?: LockMode
  /** How often (of 1, per call) a multi gets no processor for a while, and for how long at most. */
  readonly stall?: { readonly chance: number; readonly ms: number }
  /** /proc shows a user nobody else's processes. */
  readonly hidepid?: boolean
  readonly bootTimeKnown?: boolean
  readonly stepLimit?: number
  /** Whether what happens is kept for telling. Default true; the same seed tells it again. */
  readonly story?: boolean
}

/** Who calls `multi`. */
export interface Caller {
  readonly uid: number
  readonly gid?: number
  readonly hostname?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A process that something else than `multi` starts. */
export interface Launching {
  readonly uid?: number
  readonly gid?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Its stdout and stderr. */
  readonly log?: string
  /** Default: that of the program argv[0]. */
  readonly behaviour?: Behaviour
}

/** Small enough that numbers come back within one test, large enough for a fleet. */
export const DEFAULT_PIDS: PidRange = { first: 100, last: 227 }

export const DEFAULTS = {
  callMs: 0.01,
  uptimeMs: 1_000_000,
  wallMs: Date.UTC(2026, 0, 1),
  initDelayMs: 0,
  stepLimit: 200_000,
}

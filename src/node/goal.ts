import type { Identity } from '../model/process.ts'
import type { Signal } from '../model/signals.ts'
import type { LaunchPlan } from '../model/spec.ts'

/** What to do with a worker that is still there at the limit, one after the other, each for as long as the limit; then it is left. */
export type AtLimit = readonly ('soft' | 'kill')[]

/** What a verb wants of one node. Times in ms. */
export type Goal = UpGoal | DownGoal | KilledGoal | ForgottenGoal

export interface UpGoal {
  readonly goal: 'up'
  readonly plan: LaunchPlan
  /** How long a mute worker must live to count as started. */
  readonly startMs: number
  readonly startTimeoutMs: number
  readonly atLimit: 'leave' | 'stop'
  /** The pidfile is a default, which another fleet may have taken; a pidfile that was named means that very node. */
  readonly defaultPidfile: boolean
  /** The line says of which fleet it is to be: one of another fleet is another node. */
  readonly fleetIsNamed?: boolean
  /** Start it though a worker of it may live in another container. */
  readonly takeover: boolean
  /** Output goes to our terminal instead of the log (C_FAKEFORK). */
  readonly foreground?: boolean
}

export interface DownGoal {
  readonly goal: 'down'
  /** Undefined: the plan's own warm signal, else TERM. */
  readonly signal?: Signal
  /** Return as soon as it is signalled, or wait until the whole group is gone. */
  readonly wait: boolean
  readonly timeoutMs?: number
  readonly atLimit: AtLimit
  readonly orphanGraceMs: number
  /** `up` in a restart: should it be interrupted, `start` brings it back. */
  readonly wanted: 'up' | 'down'
  /** A restart that is to start it though a worker of it may live in another container: there is nobody here to be stopped. */
  readonly takeover?: boolean
  /** This worker and no other: one that somebody has started since is left as it is. */
  readonly only?: Identity
}

export interface KilledGoal {
  readonly goal: 'killed'
}

/** Nothing of it is recorded any more. */
interface ForgottenGoal {
  readonly goal: 'forgotten'
}

import type { LaunchId } from './names.ts'
import type { Identity, VerifiedGroup } from './process.ts'
import type { Signal } from './signals.ts'

/** A stop that was asked for; kept in the record, so that a second stop joins it instead of signalling again. */
export interface StopRequest {
  /** Wall clock, ms since the epoch. For display only: deadlines are monotonic. */
  readonly at: number
  readonly signal: Signal
  readonly by: { readonly uid: number; readonly pid: number }
  readonly launch: LaunchId
  /** When it was asked to give its running jobs back, if it was. Wall clock. */
  readonly softAt?: number
  /** When what was left of the group got TERM, if it did. Wall clock. */
  readonly orphansSignalledAt?: number
}

interface Alive<Name extends string> {
  readonly state: Name
  readonly launch: LaunchId
  readonly identity: Identity
  /** Absent when its group is not its own alone: only the process itself can be signalled then. */
  readonly group?: VerifiedGroup
  readonly suspended: boolean
  /** Started by something else; found through the pidfile. */
  readonly adopted: boolean
}

/**
 * What a node is, as files and /proc tell it now.
 *
 *                                           quiet
 *                                            ▲│ quiet, resume
 *     stopped ──start──► starting ──ready──► running ──stop──► draining ──► stopped
 *        ▲                  │ dies              │ dies            │ leader exits, group lives
 *        └──────clear────── stale ◄─────────────┘                 ▼
 *                                                        draining without leader
 *     orphaned: the leader died unasked and its group lives on.
 *     foreign, unknown: not ours to touch.
 */
export type NodeState =
  | { readonly state: 'stopped' }
  /** Nothing runs, but a file says that something did. `why` is a clause: "pid 12 is gone". */
  | { readonly state: 'stale'; readonly why: string; readonly pid?: number }
  | Alive<'starting'>
  | Alive<'running'>
  /** Running, and taking no more jobs, by its own word. */
  | Alive<'quiet'>
  | {
      readonly state: 'draining'
      readonly group?: VerifiedGroup
      readonly leader?: Identity
      readonly request: StopRequest
      readonly suspended: boolean
    }
  | { readonly state: 'orphaned'; readonly group: VerifiedGroup }
  | { readonly state: 'foreign'; readonly host: string }
  | { readonly state: 'unknown'; readonly why: string }

import type { ExitCode } from './exit-code.ts'
import type { Outcome } from './outcome.ts'
import type { Signal } from './signals.ts'
import type { Target } from './spec.ts'

/** What happens while a verb works. The core emits, report/ prints: nothing else writes. */
export type FleetEvent =
  | { readonly event: 'starting'; readonly count: number }
  | { readonly event: 'stopping'; readonly count: number }
  /** The command line of a worker that is about to be started (`--verbose`). */
  | { readonly event: 'launching'; readonly target: Target; readonly argv: readonly string[] }
  | { readonly event: 'launched'; readonly target: Target; readonly pid: number }
  | {
      readonly event: 'signalled'
      readonly target: Target
      readonly pid: number
      readonly signal: Signal
      readonly group: boolean
    }
  /** Something that is not an error and that the user would want to know: a stale pidfile removed, a node joined. */
  | { readonly event: 'note'; readonly target?: Target; readonly text: string }
  /** What was asked for was not done, though no node failed by it; said also with `--quiet`. `code`: the command exits so at best. */
  | { readonly event: 'alert'; readonly text: string; readonly code?: ExitCode }
  /** On each tick of a wait; the reporter decides how often to say it. */
  | { readonly event: 'waiting'; readonly for: 'ready' | 'stopped'; readonly nodes: readonly Waiting[] }
  | { readonly event: 'outcome'; readonly outcome: Outcome }

export interface Waiting {
  readonly target: Target
  readonly pid?: number
  readonly sinceMs: number
  /** E.g. `suspended`, `2 processes of its group left`. */
  readonly detail?: string
  /** Running jobs, and the age of the oldest, where the worker says so. */
  readonly jobs?: number
  readonly oldestMs?: number
}

export type Emit = (event: FleetEvent) => void

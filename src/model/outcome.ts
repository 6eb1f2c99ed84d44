import type { Failure } from './failure.ts'
import type { Exit } from './process.ts'
import type { Signal } from './signals.ts'
import type { Target } from './spec.ts'

/** How a goal was reached. */
export type Done =
  /** `word`: the worker said itself that it is ready. Otherwise it lived for `aliveMs`. */
  | { readonly result: 'started'; readonly pid: number; readonly readyBy: 'word' | 'alive'; readonly aliveMs: number }
  | {
      readonly result: 'restarted'
      readonly pid: number
      readonly readyBy: 'word' | 'alive'
      readonly aliveMs: number
      readonly wasPid?: number
    }
  /** `differs`: what the running worker was started with that is not what was asked for now. `quiet`: it takes no jobs. */
  | {
      readonly result: 'already-running'
      readonly pid: number
      readonly differs: readonly string[]
      readonly quiet?: true
    }
  | { readonly result: 'signalled'; readonly pid: number; readonly signal: Signal }
  /** Somebody asked before; nothing was sent. */
  | { readonly result: 'draining'; readonly pid: number }
  | {
      readonly result: 'stopped'
      readonly pid: number
      readonly exit?: Exit
      readonly killed: readonly number[]
      readonly lost?: number
    }
  /** It takes no more jobs, or takes them again, by its own word (`said`), or was told to and cannot say. `left`: jobs that it has. */
  | { readonly result: 'quieted' | 'resumed'; readonly pid: number; readonly said: boolean; readonly left?: number }
  | { readonly result: 'already-down' }
  /** `recorded`: there was something to forget. */
  | { readonly result: 'forgotten'; readonly recorded: boolean }

export type Outcome = { readonly target: Target; readonly ms: number } & (
  | Done
  | { readonly result: 'failed'; readonly failure: Failure }
)

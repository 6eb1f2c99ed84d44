import type { Signal } from '../../src/model/signals.ts'
import type { SimProcess } from './process.ts'

/** What a program does: it is asked at each of these moments, and otherwise lies there. All of them may be left out. */
export interface Behaviour {
  /** Until then it is only loading: signals have their default effect. Default 0. */
  readonly bootMs?: number
  /** Right after it was started, before it has booted. */
  onExec?(self: SimProcess): void
  /** When it has booted. */
  onStart?(self: SimProcess): void
  /** `default`: the signal does what it does to a program that does not know it. KILL and STOP are never asked about. */
  onSignal?(signal: Signal, self: SimProcess): 'default' | 'handled' | void
  /** Written when it has booted, removed when it exits by itself. */
  readonly writesPidfile?: string | ((self: SimProcess) => string | undefined)
  /** ms after it has booted. */
  readonly exitsAfter?: number
  readonly exitCode?: number
  /** Children it starts when it has booted; they stay in its group. */
  readonly forks?: readonly Behaviour[]
  /** Whether it waits for its children; default yes. Otherwise they stay zombies. */
  readonly reaps?: boolean
  /** When it is waiting for a disk that does not answer (state D), not even KILL ends it. */
  readonly unkillable?: boolean
}

import type { Signal } from '../model/signals.ts'
import type { NodeSpec } from '../model/spec.ts'

/** A command line, read. */
export interface ParsedLine {
  readonly nodes: readonly NodeSpec[]
  /** Options of multi itself, by canonical name; `true` for a flag. */
  readonly settings: ReadonlyMap<string, string | true>
  /** `-9`, `-INT`, `-SIGINT`: only read when the verb takes one. */
  readonly signal?: Signal
  /** Sentences about what was accepted but looks wrong (one logfile for two nodes). */
  readonly warnings: readonly string[]
  /** Worker options were given (or passthrough, --cmd, --append, --executable): restart uses them instead of the recorded plan. */
  readonly hasWorkerOptions: boolean
  /** `--logfile` was given, for whichever node. */
  readonly namesLog: boolean
}

import type { Directories } from '../fleet/directories.ts'
import type { Emit } from '../model/events.ts'
import type { ExitCode, LsbCode } from '../model/exit-code.ts'
import type { Failure, UsageError } from '../model/failure.ts'
import type { AbsPath, NodeName } from '../model/names.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Exit } from '../model/process.ts'
import type { Result } from '../model/result.ts'
import type { LaunchPlan } from '../model/spec.ts'
import type { StatusRow } from '../model/status.ts'
import type { ParsedLine } from '../spec/line.ts'
import type { System } from '../system/port.ts'
import type { VerbName } from './settings.ts'

/** What a verb works with. */
export interface Context {
  readonly system: System
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: AbsPath
  readonly directories: Directories
  readonly fleet: string
  readonly line: ParsedLine & { readonly positional?: string }
  /** The same line read again with nodes before it and options behind it (before `--`). */
  readonly reread: (nodes: readonly string[], options: readonly string[]) => Result<ParsedLine, UsageError>
  readonly emit: Emit
  /** Absolute paths of this Node, of bin/multi.js and of the folder of the Celery bridge. */
  readonly node: AbsPath
  readonly multi: AbsPath
  readonly bridge: AbsPath
}

/** What a verb answers: data. report/ makes words of it. */
export type Answer =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[]; readonly exits?: readonly Exit[] }
  | { readonly kind: 'status'; readonly rows: readonly StatusRow[]; readonly code: LsbCode }
  | { readonly kind: 'plans'; readonly plans: readonly LaunchPlan[] }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'arguments'; readonly name: NodeName; readonly argv: readonly string[] }
  | { readonly kind: 'nothing'; readonly code: ExitCode }
  | { readonly kind: 'failure'; readonly failure: Failure }

export const failed = (failure: Failure): Answer => ({ kind: 'failure', failure })

export interface Verb {
  readonly name: VerbName
  readonly summary: string
  readonly usage: string
  readonly takesSignal?: boolean
  readonly positional?: 'template' | 'name'
  /** Without nodes it means the recorded ones. */
  readonly nodesOptional?: boolean
  /** No worker gets anything of its line. */
  readonly handsNothingOn?: true
  /** It only reads its line: it emits nothing. */
  readonly pure?: true
  run(context: Context): Promise<Answer>
}

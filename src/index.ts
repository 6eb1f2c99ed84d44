/** The public API: the grammar as a pure function, and the types that the JSON of the verbs is made of. */

export { grammarFor } from './kinds/grammar.ts'
export { EXIT, type ExitCode, LSB } from './model/exit-code.ts'
export { exitCodeOf, type Failure, type UsageError } from './model/failure.ts'
export type { AbsPath, NodeName } from './model/names.ts'
export { err, ok, type Result } from './model/result.ts'
export type { KindName, NodeSpec, Opt } from './model/spec.ts'
export {
  type Facts,
  findVerb,
  type Grammar,
  type OptionRule,
  type ParsedLine,
  type ParseOptions,
  parseLine,
} from './spec/index.ts'
export type { AppContext, JobAccount } from './worker/context.ts'

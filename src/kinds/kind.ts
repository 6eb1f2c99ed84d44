import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Result } from '../model/result.ts'
import type { KindName, LaunchPlan, NodeSpec } from '../model/spec.ts'
import type { OptionRule } from '../spec/grammar.ts'
import type { System } from '../system/port.ts'

/** What a kind may look at while it plans. */
export interface PlanContext {
  readonly system: System
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: AbsPath
  /** Absolute paths of the Node that runs us and of bin/multi.js: app workers are started with them. */
  readonly node: AbsPath
  readonly multi: AbsPath
  /** The folder of the Python module that lets Celery workers talk, with nothing else in it. */
  readonly bridge: AbsPath
}

/** One family of workers: what its options are, and how a node of it is started. */
export interface Kind {
  readonly name: KindName
  readonly options: readonly OptionRule[]
  plan(spec: NodeSpec, context: PlanContext, why: string): Promise<Result<LaunchPlan, Failure>>
}

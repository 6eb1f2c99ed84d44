import type { Failure } from '../model/failure.ts'
import type { Result } from '../model/result.ts'
import type { LaunchPlan, NodeSpec } from '../model/spec.ts'
import { valueOf } from './args.ts'
import { choose } from './choose.ts'
import { withDefaultCommand } from './default-command.ts'
import type { PlanContext } from './kind.ts'

export { renewed } from './celery/bridge.ts'
export { grammarFor } from './grammar.ts'
export type { PlanContext } from './kind.ts'
export { APP_VARIABLES, whatIsLost } from './lost.ts'
export { unstartable } from './startable.ts'

/** By `--kind`, `--cmd`, `-A` or MULTI_CMD; what names nothing is taken for a Celery worker. */
export const saysWhatToRun = (spec: NodeSpec, env: PlanContext['env']): boolean =>
  spec.kind !== undefined ||
  spec.cmd !== undefined ||
  valueOf(spec.options, '--app', '-A') !== undefined ||
  Boolean(env['MULTI_CMD'])

/** How one node is started, and stopped later without asking again. Looks at the disk, changes nothing. */
export async function planNode(given: NodeSpec, context: PlanContext): Promise<Result<LaunchPlan, Failure>> {
  const spec = withDefaultCommand(given, context)
  if (!spec.ok) return spec
  const choice = await choose(spec.value, context)
  return choice.ok ? choice.value.kind.plan(spec.value, context, choice.value.why) : choice
}

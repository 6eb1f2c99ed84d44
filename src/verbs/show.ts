import type { LaunchPlan } from '../model/spec.ts'
import { planOf } from './plan-one.ts'
import { failed, type Verb } from './verb.ts'

export const show: Verb = {
  name: 'show',
  summary: 'print the command line of each node, and start nothing',
  usage: 'NODE…|N [OPTIONS] [WORKER OPTIONS] [-- ARGUMENTS]',
  async run(context) {
    const plans: LaunchPlan[] = []
    for (const spec of context.line.nodes) {
      const { plan } = await planOf(spec, context)
      if (!plan.ok) return failed(plan.error)
      plans.push(plan.value)
    }
    return { kind: 'plans', plans }
  },
}

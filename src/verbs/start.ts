import { stayWith } from '../fleet/foreground.ts'
import { openGate } from '../fleet/gate.ts'
import { pursue } from '../fleet/pursue.ts'
import type { Task } from '../fleet/run.ts'
import { type UsageError, usage } from '../model/failure.ts'
import { ok, type Result } from '../model/result.ts'
import type { UpGoal } from '../node/goal.ts'
import { plannedNodes } from './plans.ts'
import { outcomesOf, pursuitOf } from './pursuit.ts'
import { choiceOf, countOf, durationOf, isSet } from './read-settings.ts'
import { inOrder, nobody, noteAgain, readied } from './readied.ts'
import { type Answer, type Context, failed, type Verb } from './verb.ts'

export type StartOptions = Pick<UpGoal, 'startMs' | 'startTimeoutMs'>

export function startOptions({ line: { settings } }: Context): Result<StartOptions, UsageError> {
  const startMs = durationOf(settings, '--startsecs', 1000)
  if (!startMs.ok) return startMs
  const startTimeoutMs = durationOf(settings, '--start-timeout', 60_000)
  return startTimeoutMs.ok ? ok({ startMs: startMs.value, startTimeoutMs: startTimeoutMs.value }) : startTimeoutMs
}

const NAME_THEM = 'name the nodes, or write how many: start 3; restart gives a whole fleet other options'

async function run(context: Context): Promise<Answer> {
  const { line, emit, env } = context
  // A bare start brings back what should be up, as it was; with options for workers, nodes were forgotten.
  if (line.nodes.length === 0 && line.hasWorkerOptions) return failed(usage('no node is named', { hint: NAME_THEM }))
  const options = startOptions(context)
  if (!options.ok) return failed(options.error)
  const atLimit = choiceOf(line.settings, '--then', ['leave', 'stop'])
  if (!atLimit.ok) return failed(atLimit.error)
  const jobs = countOf(line.settings, '--jobs')
  if (!jobs.ok) return failed(jobs.error)
  const pursuit = pursuitOf(context, jobs.value === undefined ? openGate : { limit: jobs.value, haltOnFailure: false })
  if (!pursuit.ok) return failed(pursuit.error)
  const planned = await plannedNodes(context, 'start')
  if (!planned.ok) return failed(planned.error)
  const count = planned.value.length
  emit(count === 0 ? nobody(context) : { event: 'starting', count })
  const { good, bad } = await readied(context, planned.value)
  const foreground = Boolean(env['C_FAKEFORK'])
  const takeover = isSet(line.settings, '--takeover')
  const fleetIsNamed = isSet(line.settings, '--fleet')
  const common = { ...options.value, atLimit: atLimit.value, takeover, fleetIsNamed, foreground }
  const tasks: Task[] = good.map(({ target, plan, defaultPidfile }) => ({
    target,
    goals: [{ goal: 'up', plan, defaultPidfile, ...common }],
  }))
  const outcomes = inOrder(planned.value, [...bad, ...(await pursue(tasks, pursuit.value))])
  await noteAgain(context, outcomes)
  const answer = await outcomesOf(context, 'start', outcomes)
  if (!foreground || answer.kind !== 'outcomes') return answer
  const { exits, left } = await stayWith(outcomes, pursuit.value)
  return { ...answer, outcomes: [...outcomes, ...left], exits }
}

export const start: Verb = {
  name: 'start',
  summary: 'start each node, and wait until it is ready',
  usage: '[NODE…|N] [OPTIONS] [WORKER OPTIONS] [-- ARGUMENTS]',
  nodesOptional: true,
  run,
}

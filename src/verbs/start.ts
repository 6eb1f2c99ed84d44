import { stayWith } from '../fleet/foreground.ts'
import { openGate } from '../fleet/gate.ts'
import { prepare } from '../fleet/prepare.ts'
import { pursue } from '../fleet/pursue.ts'
import { remember } from '../fleet/remember.ts'
import type { Task } from '../fleet/run.ts'
import type { UsageError } from '../model/failure.ts'
import type { Outcome } from '../model/outcome.ts'
import { ok, type Result } from '../model/result.ts'
import type { UpGoal } from '../node/goal.ts'
import { type Planned, plannedNodes } from './plans.ts'
import { outcomesOf, pursuitOf } from './pursuit.ts'
import { choiceOf, countOf, durationOf } from './read-settings.ts'
import { type Answer, type Context, failed, type Verb } from './verb.ts'

export type StartOptions = Pick<UpGoal, 'startMs' | 'startTimeoutMs'>

export function startOptions({ line: { settings } }: Context): Result<StartOptions, UsageError> {
  const startMs = durationOf(settings, '--startsecs', 1000)
  if (!startMs.ok) return startMs
  const startTimeoutMs = durationOf(settings, '--start-timeout', 60_000)
  return startTimeoutMs.ok ? ok({ startMs: startMs.value, startTimeoutMs: startTimeoutMs.value }) : startTimeoutMs
}

/** Sees to directories and the index. A node that cannot be prepared fails before it is touched; the others go on. */
export async function readied(
  context: Context,
  planned: readonly Planned[],
): Promise<{ readonly good: Planned[]; readonly bad: Outcome[] }> {
  const { system, directories, emit } = context
  const good: Planned[] = []
  const bad: Outcome[] = []
  let indexRefused = false
  for (const one of planned) {
    const failure = one.plan.ok ? await prepare(system, one.plan.value) : one.plan.error
    if (failure) bad.push({ target: one.target, ms: 0, result: 'failed', failure })
    else {
      good.push(one)
      const refused = indexRefused ? undefined : await remember(system, directories.state, one.target.pidfile)
      if (refused) {
        indexRefused = true
        emit({
          event: 'note',
          text: `nodes are not noted for verbs without arguments: ${refused.call} ${refused.path ?? ''}: ${refused.code}`,
        })
      }
    }
  }
  return { good, bad }
}

/** In the order of the line, whichever was finished first. */
export function inOrder(planned: readonly Planned[], outcomes: readonly Outcome[]): Outcome[] {
  const at = new Map(planned.map(({ target }, index) => [target.pidfile, index]))
  return [...outcomes].sort((a, b) => (at.get(a.target.pidfile) ?? 0) - (at.get(b.target.pidfile) ?? 0))
}

/** Exit 0 without a word would look like a fleet that was started. */
export const NOBODY = {
  event: 'note',
  text: 'no node of this fleet should be up, all were stopped: name those that are to be started',
} as const

async function run(context: Context): Promise<Answer> {
  const { line, emit, env } = context
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
  if (planned.value.length === 0) emit(NOBODY)
  emit({ event: 'starting', count: planned.value.length })
  const { good, bad } = await readied(context, planned.value)
  for (const outcome of bad) emit({ event: 'outcome', outcome })
  const foreground = Boolean(env['C_FAKEFORK'])
  const tasks: Task[] = good.flatMap(({ target, plan, defaultPidfile }) =>
    plan.ok
      ? [
          {
            target,
            goals: [
              { goal: 'up', plan: plan.value, ...options.value, atLimit: atLimit.value, defaultPidfile, foreground },
            ],
          },
        ]
      : [],
  )
  const outcomes = inOrder(planned.value, [...bad, ...(await pursue(tasks, pursuit.value))])
  const answer = await outcomesOf(context, 'start', outcomes)
  if (!foreground || answer.kind !== 'outcomes') return answer
  return { ...answer, exits: await stayWith(outcomes, pursuit.value) }
}

export const start: Verb = {
  name: 'start',
  summary: 'start each node, and wait until it is ready',
  usage: '[NODE…|N] [OPTIONS] [WORKER OPTIONS] [-- ARGUMENTS]',
  nodesOptional: true,
  run,
}

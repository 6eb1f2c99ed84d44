import { type Gate, openGate, parseShare } from '../fleet/gate.ts'
import { pursue } from '../fleet/pursue.ts'
import type { Task } from '../fleet/run.ts'
import { endless } from '../kinds/ending-signals.ts'
import { type UsageError, usage } from '../model/failure.ts'
import type { Outcome } from '../model/outcome.ts'
import { err, ok, type Result } from '../model/result.ts'
import { logRefused } from '../node/launch.ts'
import { plannedNodes } from './plans.ts'
import { outcomesOf, pursuitOf } from './pursuit.ts'
import { countOf, isSet } from './read-settings.ts'
import { inOrder, nobody, noteAgain, readied } from './readied.ts'
import { startOptions } from './start.ts'
import { drainOptions } from './stop.ts'
import { type Answer, type Context, failed, type Verb } from './verb.ts'

/** `--rolling` halts at the first node that does not come back; `--jobs` only limits. */
function gateOf({ line: { settings } }: Context, nodes: number): Result<Gate, UsageError> {
  const rolling = settings.get('--rolling')
  const jobs = countOf(settings, '--jobs')
  if (!jobs.ok) return jobs
  if (rolling === undefined)
    return ok(jobs.value === undefined ? openGate : { limit: jobs.value, haltOnFailure: false })
  if (jobs.value !== undefined) {
    const hint = 'write how many of them: --rolling=2'
    return err(usage('--rolling and --jobs both say how many nodes at once', { argument: '--jobs', hint }))
  }
  const limit = rolling === true || rolling === '' ? 1 : parseShare(rolling, nodes)
  return limit === undefined
    ? err(
        usage(`--rolling=${String(rolling)} is no number of nodes`, {
          argument: '--rolling',
          hint: 'write --rolling, --rolling=2 or --rolling=25%',
        }),
      )
    : ok({ limit, haltOnFailure: true })
}

async function run(context: Context): Promise<Answer> {
  const { line, emit } = context
  const up = startOptions(context)
  if (!up.ok) return failed(up.error)
  const down = drainOptions(context)
  if (!down.ok) return failed(down.error)
  const planned = await plannedNodes(context, 'restart')
  if (!planned.ok) return failed(planned.error)
  const gate = gateOf(context, planned.value.length)
  if (!gate.ok) return failed(gate.error)
  const deaf = endless(
    line.signal,
    planned.value.map(({ target: { name }, plan }) => ({ name, kind: plan.ok ? plan.value.kind : undefined })),
  )
  if (deaf) return failed(deaf)
  const pursuit = pursuitOf(context, gate.value)
  if (!pursuit.ok) return failed(pursuit.error)
  // What cannot be started again is not stopped either.
  const { good, bad } = await readied(context, planned.value, logRefused)
  const signal = line.signal ? { signal: line.signal } : {}
  const takeover = isSet(line.settings, '--takeover')
  const tasks: Task[] = good.map(({ target, plan }) => ({
    target,
    goals: [
      { goal: 'down', wait: true, wanted: 'up', takeover, ...down.value, ...signal },
      { goal: 'up', plan, ...up.value, atLimit: 'leave', defaultPidfile: false, takeover },
    ],
  }))
  emit(planned.value.length === 0 ? nobody(context) : { event: 'stopping', count: tasks.length })
  const halts = bad.length > 0 && gate.value.haltOnFailure
  const outcomes = halts ? halted(context, tasks, bad[0]?.target.name ?? '') : await pursue(tasks, pursuit.value)
  await noteAgain(context, outcomes)
  return outcomesOf(context, 'restart', inOrder(planned.value, [...bad, ...outcomes]))
}

/** A rolling restart that finds out beforehand that a node cannot come back touches none, and says so of each. */
function halted({ emit }: Context, tasks: readonly Task[], by: string): Outcome[] {
  const failure = { reason: 'halted', by } as const
  const outcomes = tasks.map(({ target }): Outcome => ({ target, ms: 0, result: 'failed', failure }))
  for (const outcome of outcomes) emit({ event: 'outcome', outcome })
  return outcomes
}

export const restart: Verb = {
  name: 'restart',
  summary: 'stop each node, wait until it is gone, and start it again',
  usage: '[NODE…|N] [-SIG] [OPTIONS] [WORKER OPTIONS] [-- ARGUMENTS]',
  takesSignal: true,
  nodesOptional: true,
  run,
}

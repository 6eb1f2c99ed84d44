import { pursue } from '../fleet/pursue.ts'
import { endless } from '../kinds/ending-signals.ts'
import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { AtLimit, DownGoal } from '../node/goal.ts'
import { noteNeverStarted } from './never-started.ts'
import { outcomesOf, pursuitOf } from './pursuit.ts'
import { choiceOf, durationOf } from './read-settings.ts'
import { meantNodes } from './selection.ts'
import { type Answer, type Context, failed, type Verb } from './verb.ts'

export type DrainOptions = Pick<DownGoal, 'timeoutMs' | 'atLimit' | 'orphanGraceMs'>

const stagesOf = (then: 'leave' | 'soft' | 'kill' | 'soft,kill'): AtLimit =>
  then === 'leave' ? [] : then === 'soft,kill' ? ['soft', 'kill'] : [then]

export function drainOptions({ line: { settings } }: Context): Result<DrainOptions, UsageError> {
  const timeoutMs = durationOf(settings, '--timeout', undefined)
  if (!timeoutMs.ok) return timeoutMs
  const atLimit = choiceOf(settings, '--then', ['leave', 'soft', 'kill', 'soft,kill'])
  if (!atLimit.ok) return atLimit
  if (atLimit.value !== 'leave' && timeoutMs.value === undefined) {
    const hint = `say how long to wait: --timeout=10m --then=${atLimit.value}`
    return err(usage('--then needs --timeout', { argument: '--then', hint }))
  }
  const grace = durationOf(settings, '--orphan-grace', 10_000)
  if (!grace.ok) return grace
  const limit = timeoutMs.value === undefined ? {} : { timeoutMs: timeoutMs.value }
  return ok({ ...limit, atLimit: stagesOf(atLimit.value), orphanGraceMs: grace.value })
}

async function bringDown(context: Context, verb: string, wait: boolean): Promise<Answer> {
  const options = drainOptions(context)
  if (!options.ok) return failed(options.error)
  const pursuit = pursuitOf(context)
  if (!pursuit.ok) return failed(pursuit.error)
  const meant = await meantNodes(context)
  if (!meant.ok) return failed(meant.error)
  const { signal } = context.line
  const deaf = endless(
    signal,
    meant.value.map(({ target: { name }, record }) => ({ name, kind: record?.plan?.kind })),
  )
  if (deaf) return failed(deaf)
  const goal: DownGoal = { goal: 'down', wait, wanted: 'down', ...options.value, ...(signal ? { signal } : {}) }
  context.emit({ event: 'stopping', count: meant.value.length })
  const tasks = meant.value.map(({ target }) => ({ target, goals: [goal] as const }))
  const outcomes = await pursue(tasks, pursuit.value)
  await noteNeverStarted(context, meant.value, outcomes)
  return outcomesOf(context, verb, outcomes)
}

const ending = { takesSignal: true, nodesOptional: true, handsNothingOn: true } as const
const common = { ...ending, usage: '[NODE…|N] [-SIG] [OPTIONS]' } as const

export const stop: Verb = {
  ...common,
  name: 'stop',
  summary: 'ask each node to finish its jobs and exit (TERM, or -SIG), and return',
  run: (context) => bringDown(context, 'stop', false),
}

export const stopwait: Verb = {
  ...common,
  name: 'stopwait',
  summary: 'ask each node to finish its jobs, and wait until nothing of it is left (also: stop_verify)',
  run: (context) => bringDown(context, 'stopwait', true),
}

export const kill: Verb = {
  name: 'kill',
  summary: 'KILL the whole process group of each node, and wait until it is gone',
  ...ending,
  usage: '[NODE…|N] [OPTIONS]',
  async run(context) {
    const { signal } = context.line
    if (signal && signal !== 'KILL') {
      return failed(
        usage(`kill sends KILL, not ${signal}`, { argument: `-${signal}`, hint: `write: multi stop -${signal} …` }),
      )
    }
    const pursuit = pursuitOf(context)
    if (!pursuit.ok) return failed(pursuit.error)
    const meant = await meantNodes(context)
    if (!meant.ok) return failed(meant.error)
    const tasks = meant.value.map(({ target }) => ({ target, goals: [{ goal: 'killed' }] as const }))
    const outcomes = await pursue(tasks, pursuit.value)
    await noteNeverStarted(context, meant.value, outcomes)
    return outcomesOf(context, 'kill', outcomes)
  },
}

import { tell, type Wish } from '../fleet/quieting.ts'
import { outcomesOf } from './pursuit.ts'
import { durationOf } from './read-settings.ts'
import { meantNodes } from './selection.ts'
import { type Answer, type Context, failed, type Verb } from './verb.ts'

async function run(context: Context, wish: Wish): Promise<Answer> {
  const { system, emit, line } = context
  const timeoutMs = durationOf(line.settings, '--timeout', 30_000)
  if (!timeoutMs.ok) return failed(timeoutMs.error)
  const meant = await meantNodes(context)
  if (!meant.ok) return failed(meant.error)
  // Who names no nodes means those of the fleet that run, as with quiet.
  const mayBeDown = wish === 'quiet' || line.nodes.length === 0
  const telling = { system, emit, wish, timeoutMs: timeoutMs.value, mayBeDown }
  const outcomes = await Promise.all(meant.value.map(({ target }) => tell(target, telling)))
  return outcomesOf(context, wish, outcomes)
}

const common = { usage: '[NODE…|N] [OPTIONS]', nodesOptional: true, handsNothingOn: true } as const

export const quiet: Verb = {
  ...common,
  name: 'quiet',
  summary: 'tell each node to take no more jobs, and keep it running',
  run: (context) => run(context, 'quiet'),
}

export const resume: Verb = {
  ...common,
  name: 'resume',
  summary: 'tell each quiet node to take jobs again',
  run: (context) => run(context, 'resume'),
}

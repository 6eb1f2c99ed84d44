import { pursue } from '../fleet/pursue.ts'
import { unremember } from '../fleet/remember.ts'
import { outcomesOf, pursuitOf } from './pursuit.ts'
import { meantNodes } from './selection.ts'
import { type Answer, type Context, failed, type Verb } from './verb.ts'

async function run(context: Context): Promise<Answer> {
  const { system, directories, emit } = context
  const pursuit = pursuitOf(context)
  if (!pursuit.ok) return failed(pursuit.error)
  const meant = await meantNodes(context)
  if (!meant.ok) return failed(meant.error)
  const tasks = meant.value.map(({ target }) => ({ target, goals: [{ goal: 'forgotten' }] as const }))
  const outcomes = await pursue(tasks, pursuit.value)
  for (const { result, target } of outcomes) {
    // The record first: without it a note leads nowhere, and who is killed in between leaves nothing that anybody sees.
    const refused = result === 'forgotten' ? await unremember(system, directories.state, target.pidfile) : undefined
    if (refused)
      emit({ event: 'note', target, text: `its note is left in the index: ${refused.call}: ${refused.code}` })
  }
  return outcomesOf(context, 'forget', outcomes)
}

export const forget: Verb = {
  name: 'forget',
  summary: 'remove what is recorded of nodes that are down, but for their logs',
  usage: 'NODE…|N [OPTIONS]',
  handsNothingOn: true,
  run,
}

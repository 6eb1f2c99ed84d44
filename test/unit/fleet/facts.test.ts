import { expect, test } from 'vitest'
import { standingOf } from '../../../src/fleet/facts.ts'
import { Run } from '../../../src/fleet/run.ts'
import { DOWN, id, LAUNCH, STATES, seenOf, TARGET } from '../node/fixtures.ts'

/** What an interrupted command says of a node that it saw running, and of whose workers it asked that one to stop. */
function standing(asked?: Partial<typeof LAUNCH>) {
  const run = new Run({ target: TARGET, goals: [DOWN] }, 0)
  run.seen = seenOf(STATES.running)
  if (asked) run.memory.asked = { ...LAUNCH, ...asked }
  return standingOf(run)
}

test('who was asked to stop is left draining, also before it was looked at again', () => {
  expect(standing({})).toMatchObject({ reason: 'interrupted', state: 'draining', pid: LAUNCH.identity.pid })
  expect(standing()).toMatchObject({ reason: 'interrupted', state: 'running' })
  expect(standing({ id: id('of another') })).toMatchObject({ reason: 'interrupted', state: 'running' })
})

import { expect, test } from 'vitest'
import { recordPath } from '../../../src/node/files.ts'
import { Look } from '../../../src/node/look.ts'
import { newMemory } from '../../../src/node/memory.ts'
import { observe } from '../../../src/node/observe.ts'
import { formatRecord, type NodeRecord } from '../../../src/node/record.ts'
import { signalLeader } from '../../../src/node/signal-effects.ts'
import { sleeper, World } from '../../sim/index.ts'
import { DOWN, LAUNCH, RECORD, TARGET } from './fixtures.ts'

/** TERM to a recorded worker, by a command that has not looked at it. */
async function signalled({ adopted = false, dead = false, by = 0 } = {}) {
  const world = new World()
  const worker = world.launch(['/bin/w'], { uid: 0, behaviour: sleeper })
  await world.pass(50)
  const { identity, pid } = worker
  const record: NodeRecord = { ...RECORD, launch: { ...LAUNCH, identity, pgid: pid, adopted } }
  world.files.put(recordPath(TARGET.pidfile), formatRecord(record), { uid: 0, mode: 0o644 })
  const system = world.system({ uid: by })
  const seen = await world.runUntil(observe(new Look(system), TARGET, newMemory()))
  if (dead) worker.die('KILL')
  const memory = newMemory()
  const scene = { system, target: TARGET, goal: DOWN, seen, memory, emit: () => {}, environmentNames: [] }
  return { done: await world.runUntil(signalLeader(scene, 'TERM')), memory, identity, pid }
}

test('who gets the signal is a witness of its group, also where there was no look before', async () => {
  const { done, memory, identity, pid } = await signalled()
  expect(done.ok).toBe(true)
  expect(memory).toMatchObject({ signalled: true, stopping: { pid }, witness: { identity, pgid: pid } })
})

test('not one whose group may be somebody else’s, and not one that is gone', async () => {
  expect((await signalled({ adopted: true })).memory).toMatchObject({ signalled: true })
  expect((await signalled({ adopted: true })).memory.witness).toBeUndefined()
  const { memory } = await signalled({ dead: true })
  expect([memory.signalled, memory.witness]).toEqual([undefined, undefined])
})

test('one that may not be sent is a failure, and nobody was asked to stop', async () => {
  const { done, memory, pid } = await signalled({ by: 1000 })
  expect(done).toMatchObject({ ok: false, error: { reason: 'denied', user: 'uid 0' } })
  expect(done).toHaveProperty('error.what', expect.stringContaining(`(pid ${pid})`))
  expect([memory.signalled, memory.stopping, memory.asked]).toEqual([undefined, undefined, undefined])
})

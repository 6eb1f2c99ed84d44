import { expect, test, vi } from 'vitest'
import { ok } from '../../../src/model/result.ts'
import { launch } from '../../../src/node/launch.ts'
import { World } from '../../sim/index.ts'
import { id, identity, UP } from './fixtures.ts'

test('a worker’s life is counted from when it is there, however long the fork took', async () => {
  const world = new World()
  const system = world.system({ uid: 0 })
  world.files.directory('/var/log/multi', { uid: 0, gid: 0, mode: 0o755 })
  vi.spyOn(system, 'spawn').mockImplementation(async () => {
    await system.rest(500)
    return ok(identity(40))
  })
  const begun = system.now()
  const launched = await world.runUntil(launch(system, UP, id('launch-1')))
  expect(launched.ok && launched.value.startedMono).toBeGreaterThanOrEqual(begun + 500)
})

test('those who are launched at the same moment have their logs open one after the other', async () => {
  const world = new World()
  const system = world.system({ uid: 0 })
  world.files.directory('/var/log/multi', { uid: 0, gid: 0, mode: 0o755 })
  const calls: string[] = []
  world.onCall(({ call }) => {
    if (call === 'openLog' || call === 'spawn' || call === 'closeLog') calls.push(call)
  })
  const both = await world.runUntil(Promise.all(['a', 'b'].map((name) => launch(system, UP, id(name)))))
  expect(both).toHaveLength(2)
  expect(calls).toEqual(['openLog', 'spawn', 'closeLog', 'openLog', 'spawn', 'closeLog'])
})

import { describe, expect, test } from 'vitest'
import { recordedNodes } from '../../../src/fleet/catalogue.ts'
import { remember } from '../../../src/fleet/remember.ts'
import type { AbsPath, NodeName } from '../../../src/model/names.ts'
import { recordPath } from '../../../src/node/files.ts'
import { formatRecord } from '../../../src/node/record.ts'
import { World } from '../../sim/index.ts'
import { path, RECORD } from '../node/fixtures.ts'

const STATE = path('/var/lib/multi')

function record(world: World, short: string, pidfile = `/run/multi/${short}.pid`): AbsPath {
  const name = `${short}@sim` as NodeName
  world.files.put(recordPath(path(pidfile)), formatRecord({ ...RECORD, name, short, pidfile: path(pidfile) }))
  return path(pidfile)
}

describe('the nodes that were ever started', () => {
  test('are remembered once each, and come in the order of their numbers', async () => {
    const world = new World()
    const system = world.system({ uid: 0 })
    for (const short of ['w10', 'w2', 'w1', 'w2']) {
      expect(await world.runUntil(remember(system, STATE, record(world, short)))).toBeUndefined()
    }
    const nodes = await world.runUntil(recordedNodes(system, STATE))
    expect(nodes.map(({ short }) => short)).toEqual(['w1', 'w2', 'w10'])
  })

  test('by two commands at the same moment, both', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const world = new World({ seed })
      const both = ['w1', 'w2', 'w1'].map((short) => remember(world.system({ uid: 0 }), STATE, record(world, short)))
      expect(await world.runUntil(Promise.all(both))).toEqual([undefined, undefined, undefined])
      expect(await world.runUntil(recordedNodes(world.system({ uid: 0 }), STATE))).toHaveLength(2)
    }
  })

  test('without those whose record is gone, torn or of another format', async () => {
    const world = new World()
    const system = world.system({ uid: 0 })
    for (const short of ['w1', 'w2', 'w3']) await world.runUntil(remember(system, STATE, record(world, short)))
    world.files.remove(recordPath(path('/run/multi/w1.pid')), { uid: 0, gid: 0 })
    world.files.put(recordPath(path('/run/multi/w2.pid')), '{"v":')
    const said: string[] = []
    const nodes = await world.runUntil(recordedNodes(system, STATE, (pidfile, why) => said.push(`${pidfile}: ${why}`)))
    expect(nodes.map(({ short }) => short)).toEqual(['w3'])
    expect(said).toEqual(['/run/multi/w2.pid: the record is torn'])
  })

  test('are found where their pidfile is now, whatever the record says', async () => {
    const world = new World()
    const system = world.system({ uid: 0 })
    const moved = path('/new/w1.pid')
    world.files.put(recordPath(moved), formatRecord({ ...RECORD, pidfile: path('/old/w1.pid') }))
    await world.runUntil(remember(system, STATE, moved))
    expect((await world.runUntil(recordedNodes(system, STATE)))[0]?.pidfile).toBe(moved)
  })

  test('are none where there is no index; foreign things in it are passed over', async () => {
    const world = new World()
    const system = world.system({ uid: 0 })
    expect(await world.runUntil(recordedNodes(system, STATE))).toEqual([])
    world.files.put(`${STATE}/index/readme`, 'hello')
    world.files.make('symlink', `${STATE}/index/relative`, { uid: 0, gid: 0 }, '../w1.pid', 0o777)
    expect(await world.runUntil(recordedNodes(system, STATE))).toEqual([])
  })

  test('cannot be remembered where the index cannot be written: that is said, not thrown', async () => {
    const world = new World()
    const refused = await world.runUntil(remember(world.system({ uid: 1000 }), STATE, record(world, 'w1')))
    expect(refused).toMatchObject({ code: 'EACCES' })
  })
})

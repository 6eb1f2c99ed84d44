import { expect, test } from 'vitest'
import { formatClaim } from '../../../src/node/claim.ts'
import { claimPath, recordPath } from '../../../src/node/files.ts'
import { Look } from '../../../src/node/look.ts'
import { newMemory } from '../../../src/node/memory.ts'
import { observe } from '../../../src/node/observe.ts'
import { formatRecord, type NodeRecord } from '../../../src/node/record.ts'
import { record, release } from '../../../src/node/recording.ts'
import { World } from '../../sim/index.ts'
import { DOWN, id, identity, LAUNCH, path, RECORD, TARGET } from './fixtures.ts'

const USER = { uid: 1000, gid: 1000 }
const NODE = { ...TARGET, pidfile: path('/user/w1.pid') }
const KNOWN = { ...RECORD, pidfile: NODE.pidfile }

/** Our claim above a dead start's, given back while the record says `text` and is `owner`'s. What is there afterwards. */
async function given(owner: number, text: string, first: number) {
  const world = new World()
  const system = world.system({ uid: 1000 })
  const memory = newMemory()
  world.files.make('directory', '/user', { uid: 0, gid: 0 }, '', 0o777)
  world.files.put(recordPath(NODE.pidfile), text, { uid: owner, mode: 0o600 })
  const claim = (number: number, purpose: 'start' | 'stop', by = identity(4242)) => {
    const words = formatClaim({ launch: id(`launch-of-${number}`), purpose, owner: by })
    world.files.make('symlink', claimPath(NODE.pidfile, number), USER, words, 0o777)
  }
  claim(first, 'start')
  claim(first + 1, 'stop', system.self.identity)
  const seen = await world.runUntil(observe(new Look(system), NODE, memory))
  const scene = { system, target: NODE, goal: DOWN, seen, memory, emit: () => {}, environmentNames: [] }
  expect(await world.runUntil(release(scene))).toEqual({ ok: true, value: undefined })
  const root = world.system({ uid: 0 })
  const there = (number: number) => world.runUntil(root.readlink(claimPath(NODE.pidfile, number)))
  const read = await world.runUntil(root.readFile(recordPath(NODE.pidfile), 1 << 20))
  return { read, dead: await there(first), ours: await there(first + 1) }
}

test('a claim above a dead one is given back with a record that voids both', async () => {
  const { read, dead, ours } = await given(1000, formatRecord(KNOWN), 4)
  expect(read).toMatchObject({ found: 'text', text: formatRecord({ ...KNOWN, generation: 5 }) })
  expect([dead, ours]).toEqual([undefined, undefined])
})

test('a record that cannot be read now stays, and so does the claim of a dead start below ours', async () => {
  const { read, dead, ours } = await given(0, 'not for us', 1)
  expect(read).toMatchObject({ found: 'text', text: 'not for us' })
  expect(dead).toContain('launch-of-1')
  expect(ours).toBeUndefined()
})

test('what a user recorded does not become root’s word, when nothing of the user’s is there any more', async () => {
  const world = new World()
  const root = world.system({ uid: 0 })
  world.files.make('directory', '/user', { uid: 0, gid: 0 }, '', 0o777)
  world.files.put(recordPath(NODE.pidfile), formatRecord(KNOWN), { uid: 1000, mode: 0o600 })
  const seen = await world.runUntil(observe(new Look(root), NODE, newMemory()))
  expect(seen.record?.plan).toBeDefined()
  const scene = {
    system: root,
    target: NODE,
    goal: DOWN,
    seen,
    memory: newMemory(),
    emit: () => {},
    environmentNames: [],
  }
  const written = async (): Promise<{ uid: number | undefined; plan: unknown }> => {
    expect(await world.runUntil(record(scene, { wanted: 'down' }))).toEqual({ ok: true, value: undefined })
    const read = await world.runUntil(root.readFile(recordPath(NODE.pidfile), 1 << 20))
    if (read.found !== 'text') throw new Error(read.found)
    return { uid: read.uid, plan: (JSON.parse(read.text) as NodeRecord).plan }
  }
  expect(await written()).toEqual({ uid: 1000, plan: KNOWN.plan })
  world.files.remove(recordPath(NODE.pidfile), { uid: 0, gid: 0 })
  expect(await written()).toEqual({ uid: 0, plan: undefined })
})

test('a path that a user recorded for the words of a worker does not become root’s either: what it leads to would be removed', async () => {
  const world = new World()
  const root = world.system({ uid: 0 })
  world.files.make('directory', '/user', { uid: 0, gid: 0 }, '', 0o777)
  const launch = { ...LAUNCH, vitals: { path: path('/etc/precious'), uid: 0 } }
  world.files.put(recordPath(NODE.pidfile), formatRecord({ ...KNOWN, launch }), { uid: 1000, mode: 0o600 })
  const seen = await world.runUntil(observe(new Look(root), NODE, newMemory()))
  expect(seen.record?.launch?.vitals).toBeDefined()
  world.files.remove(recordPath(NODE.pidfile), { uid: 0, gid: 0 })
  const memory = newMemory()
  const scene = { system: root, target: NODE, goal: DOWN, seen, memory, emit: () => {}, environmentNames: [] }
  expect(await world.runUntil(record(scene, { launch }))).toEqual({ ok: true, value: undefined })
  const read = await world.runUntil(root.readFile(recordPath(NODE.pidfile), 1 << 20))
  const written = JSON.parse(read.found === 'text' ? read.text : '') as NodeRecord
  expect(written.launch).toMatchObject({ id: launch.id })
  expect(written.launch?.vitals).toBeUndefined()
})

import { describe, expect, it } from 'vitest'
import type { AbsPath, LaunchId } from '../../../src/model/names.ts'
import type { Launch } from '../../../src/node/record.ts'
import { type Heard, readVitals } from '../../../src/node/vitals.ts'
import { World } from '../../sim/index.ts'

const PATH = '/run/multi/vitals/1000/w1.json' as AbsPath

function world() {
  const made = new World({ seed: 1 })
  made.files.directory('/run/multi/vitals/1000', { uid: 1000 })
  return made
}

type Put = Parameters<World['files']['put']>[2]

/** What is made of a file at the place of the vitals of pid 12, user 1000, started an hour before now. */
async function heard(text: string | undefined, how: Put = { uid: 1000 }, made = world()): Promise<Heard | undefined> {
  const system = made.system({ uid: 0 })
  if (text !== undefined) made.files.put(PATH, text, how)
  const launch: Launch = {
    id: 'l1' as LaunchId,
    identity: { ...system.self.identity, pid: 12 },
    pgid: 12,
    startedAt: system.wall() - 3_600_000,
    startedMono: system.now() - 3_600_000,
    startMs: 0,
    logOffset: 0,
    host: 'vm',
    vitals: { path: PATH, uid: 1000 },
    adopted: false,
  }
  return made.runUntil(readVitals(system, launch))
}

const said = (more: object = {}): string =>
  JSON.stringify({
    v: 1,
    pid: 12,
    state: 'ready',
    active: 1,
    updatedAt: new World({ seed: 1 }).system({ uid: 0 }).wall(),
    ...more,
  })

describe('the vitals of a worker', () => {
  it('are believed when they are its own', async () => {
    expect(await heard(said())).toMatchObject({ state: 'ready', active: 1 })
  })

  it('tell how long ago it spoke', async () => {
    const made = world()
    const now = made.system({ uid: 0 }).wall()
    const late = await heard(said({ updatedAt: now - 40_000 }), { uid: 1000 }, made)
    expect(late?.heardMs).toBeGreaterThanOrEqual(40_000)
  })

  it('do not make it look alive by a time in the future', async () => {
    const made = world()
    const ahead = made.system({ uid: 0 }).wall() + 9e9
    expect((await heard(said({ updatedAt: ahead }), { uid: 1000 }, made))?.heardMs).toBeLessThan(1000)
  })

  it('say nothing when their file is of the future too: it would never look silent', async () => {
    const made = world()
    const ahead = made.system({ uid: 0 }).wall() + 9e9
    expect(await heard(said({ updatedAt: ahead }), { uid: 1000, mtimeMs: ahead }, made)).toBeUndefined()
  })

  it.each([
    ['there are none', undefined, { uid: 1000 }],
    ['they name another pid', said({ pid: 13 }), { uid: 1000 }],
    ['they are older than its start', said({ updatedAt: 1 }), { uid: 1000 }],
    ['the file is of another user', said(), { uid: 1001 }],
    ['the file is of root', said(), { uid: 0 }],
    ['the file floods', said({ noise: 'x'.repeat(20_000) }), { uid: 1000 }],
    ['the file is torn', said().slice(0, 20), { uid: 1000 }],
  ])('say nothing when %s', async (_, text, how) => {
    expect(await heard(text, how)).toBeUndefined()
  })

  it('are not read through a symlink', async () => {
    const made = world()
    made.files.put('/run/multi/vitals/1000/other.json', said(), { uid: 1000 })
    const system = made.system({ uid: 1000 })
    await made.runUntil(system.symlink('/run/multi/vitals/1000/other.json', PATH))
    expect(await heard(undefined, {}, made)).toBeUndefined()
  })

  it('are nothing when a directory stands in their place', async () => {
    const made = world()
    made.files.directory(PATH, { uid: 1000 })
    expect(await heard(undefined, {}, made)).toBeUndefined()
  })
})

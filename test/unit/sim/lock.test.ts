import { expect, test } from 'vitest'
import type { Lock } from '../../../src/system/port.ts'
import { type SimSystem, World, type WorldOptions } from '../../sim/index.ts'
import { path } from './helpers.ts'

const RUN = path('/run')
const pair = (options: WorldOptions = {}): [World, SimSystem, SimSystem] => {
  const world = new World(options)
  return [world, world.system({ uid: 0 }), world.system({ uid: 0 })]
}

async function take(system: SimSystem, waitMs = 10_000): Promise<Lock | undefined> {
  const locked = await system.lock(RUN, waitMs)
  if (!locked.ok) throw new Error(locked.error.code)
  return locked.value
}

test('one has it at a time, under every schedule', async () => {
  for (let seed = 0; seed < 50; seed++) {
    const world = new World({ seed })
    let inside = 0
    const one = async (system: SimSystem): Promise<void> => {
      const lock = await take(system)
      expect(++inside).toBe(1)
      await system.rest(20)
      inside--
      await lock?.release()
    }
    await world.runUntil(Promise.all([1, 2, 3].map(() => one(world.system({ uid: 0 })))))
  }
})

test('who waits too long gets none, who may not write there is told', async () => {
  const [world, a, b] = pair()
  await world.runUntil(take(a))
  const before = b.now()
  expect(await world.runUntil(take(b, 3000))).toBeUndefined()
  expect(b.now() - before).toBeGreaterThanOrEqual(3000)
  const user = world.system({ uid: 1000 })
  await expect(world.runUntil(user.lock(path('/var/lib'), 0))).resolves.toMatchObject({ error: { code: 'EACCES' } })
  await expect(world.runUntil(user.lock(path('/none'), 0))).resolves.toMatchObject({ error: { code: 'ENOENT' } })
})

test('a dead holder blocks for two seconds', async () => {
  const [world, a, b] = pair()
  await world.runUntil(take(a))
  world.kill(a)
  const before = b.now()
  expect(await world.runUntil(take(b))).toBeDefined()
  expect(b.now() - before).toBeGreaterThanOrEqual(2000)
  expect(b.now() - before).toBeLessThan(2100)
})

test('a suspended holder loses it and does not take it from the next when it goes on', async () => {
  const [world, a, b] = pair()
  const first = await world.runUntil(take(a))
  world.suspend(a)
  expect(await world.runUntil(take(b))).toBeDefined()
  world.resume(a)
  await world.runUntil(first?.release() ?? Promise.reject(new Error('no lock')))
  expect(await world.runUntil(take(world.system({ uid: 0 }), 0))).toBeUndefined()
})

test('a stale one can be granted twice, or any, if the world is so', async () => {
  const [stale, dead, b] = pair({ lock: 'twice-when-stale' })
  const c = stale.system({ uid: 0 })
  await stale.runUntil(take(dead))
  expect(await stale.runUntil(take(b, 0))).toBeUndefined()
  stale.kill(dead)
  expect(await stale.runUntil(Promise.all([take(b), take(c)]))).toEqual([expect.anything(), expect.anything()])
  const [always, one, two] = pair({ lock: 'twice' })
  expect(await always.runUntil(Promise.all([take(one, 0), take(two, 0)]))).toEqual([
    expect.anything(),
    expect.anything(),
  ])
})

test('a reboot leaves a lock that is only a directory of some age', async () => {
  const [world, a] = pair()
  world.files.directory('/var/lib/w')
  await world.runUntil(a.lock(path('/var/lib/w'), 0))
  world.reboot()
  const after = world.system({ uid: 0 })
  await expect(world.runUntil(after.lock(path('/var/lib/w'), 0))).resolves.toMatchObject({
    ok: true,
    value: expect.anything(),
  })
})

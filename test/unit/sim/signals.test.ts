import { expect, test } from 'vitest'
import { drains, forksChild, ignoresTerm, World } from '../../sim/index.ts'
import { group, start } from './helpers.ts'

test('a pid that came back is a stranger, and gets nothing', async () => {
  const world = new World()
  const multi = world.system({ uid: 0 })
  world.program('/usr/bin/w')
  const identity = await world.runUntil(start(multi, '/usr/bin/w'))
  world.process(identity.pid)?.die('KILL')
  await world.runUntil(multi.rest(100))
  expect(await world.runUntil(multi.signal(identity, 'TERM'))).toBe('gone')
  await world.pass(100)
  world.nextPid(identity.pid)
  expect(world.launch(['/stranger']).pid).toBe(identity.pid)
  expect(await world.runUntil(multi.signal(identity, 'TERM'))).toBe('stranger')
  expect(await world.runUntil(multi.signalGroup(group(identity.pid, identity), 'KILL'))).toBe('stranger')
  expect(world.signals).toEqual([])
})

test('a zombie is gone', async () => {
  const world = new World()
  const multi = world.system({ uid: 0 })
  world.program('/usr/bin/w', { exitsAfter: 0 })
  const identity = await world.runUntil(start(multi, '/usr/bin/w'))
  await world.pass(10)
  expect(world.process(identity.pid)?.state).toBe('Z')
  expect(await world.runUntil(multi.signal(identity, 'TERM'))).toBe('gone')
  expect(await world.runUntil(multi.signalGroup(group(identity.pid, identity), 'TERM'))).toBe('gone')
})

test("another user's process is denied, and another boot's a stranger", async () => {
  const world = new World()
  const user = world.system({ uid: 1000 })
  const theirs = world.launch(['/x'], { uid: 1001 })
  expect(await world.runUntil(user.signal(theirs.identity, 'TERM'))).toBe('denied')
  expect(await world.runUntil(user.signalGroup(group(theirs.pid, theirs.identity), 'TERM'))).toBe('denied')
  expect(await world.runUntil(user.groupAnswers(theirs.pid))).toBe(true)
  const own = world.launch(['/x'], { uid: 1000 })
  expect(await world.runUntil(user.signal({ ...own.identity, bootId: 'before' }, 'TERM'))).toBe('stranger')
  expect(world.signals).toEqual([])
})

test('a group signal reaches every live member, and is recorded for each', async () => {
  const world = new World()
  const multi = world.system({ uid: 0 })
  world.program('/usr/bin/w', forksChild(ignoresTerm, ignoresTerm))
  const identity = await world.runUntil(start(multi, '/usr/bin/w'))
  await world.pass(10)
  expect(await world.runUntil(multi.signalGroup(group(identity.pid, identity), 'KILL'))).toBe('sent')
  await world.pass(10)
  expect(world.signals).toHaveLength(2)
  expect(world.signals[0]).toMatchObject({
    pid: identity.pid,
    signal: 'KILL',
    toGroup: true,
    by: multi.self.identity.pid,
  })
  expect(world.signals.every(({ process }) => process.dead)).toBe(true)
})

test('a stopped process hears of TERM when it goes on, of KILL at once', async () => {
  const world = new World()
  const multi = world.system({ uid: 0 })
  world.program('/usr/bin/w', drains(100))
  const one = await world.runUntil(start(multi, '/usr/bin/w'))
  const two = await world.runUntil(start(multi, '/usr/bin/w'))
  await world.pass(10)
  for (const each of [one, two]) {
    await world.runUntil(multi.signal(each, 'STOP'))
    await world.runUntil(multi.signal(each, 'TERM'))
  }
  await world.pass(1000)
  expect(world.process(one.pid)?.state).toBe('T')
  await world.runUntil(multi.signal(one, 'CONT'))
  await world.runUntil(multi.signal(two, 'KILL'))
  await world.pass(50)
  expect(world.process(one.pid)?.state).toBe('S')
  await world.pass(100)
  await world.runUntil(multi.breathe())
  expect([multi.exitOf(one), multi.exitOf(two)]).toEqual([{ code: 0 }, { signal: 'KILL' }])
})

test('others signal, too, and that is not held against multi', async () => {
  const world = new World()
  const stranger = world.launch(['/x'])
  world.signal(stranger, 'STOP')
  expect(stranger.state).toBe('T')
  world.signal(stranger, 'KILL')
  await world.pass(10)
  expect(world.process(stranger.pid)).toBeUndefined()
  expect(world.signals).toEqual([])
})

test('before a program has booted, a signal has its default effect', async () => {
  const world = new World()
  const multi = world.system({ uid: 0 })
  world.program('/usr/bin/w', { ...drains(1000), bootMs: 500 })
  const identity = await world.runUntil(start(multi, '/usr/bin/w'))
  await world.runUntil(multi.signal(identity, 'TERM'))
  await world.runUntil(multi.rest(1000))
  expect(multi.exitOf(identity)).toEqual({ signal: 'TERM' })
})

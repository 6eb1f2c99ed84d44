import { describe, expect, test } from 'vitest'
import { drains, type SimSystem, Stuck, seeded, World } from '../../sim/index.ts'
import { path, start } from './helpers.ts'

/** Three commands that start a worker each under one lock, and stop it. */
async function busy(world: World): Promise<unknown> {
  world.program('/usr/bin/w', drains(20))
  const one = async (system: SimSystem, name: string): Promise<string> => {
    const lock = await system.lock(path('/run'), 10_000)
    await system.createFile(path(`/run/${name}`), name, 0o600)
    const identity = await start(system, '/usr/bin/w')
    if (lock.ok) await lock.value?.release()
    await system.rest(30)
    await system.signal(identity, 'TERM')
    while (system.exitOf(identity) === undefined) await system.rest(100)
    return name
  }
  return world.runUntil(Promise.all(['a', 'b', 'c'].map((name) => one(world.system({ uid: 0 }), name))))
}

describe('a seed', () => {
  const tell = async (seed: number): Promise<string> => {
    const world = new World({ seed })
    await busy(world)
    return world.story()
  }

  test('tells the same story each time', async () => {
    for (let seed = 0; seed < 20; seed++) expect(await tell(seed)).toBe(await tell(seed))
  })

  test('tells another one than other seeds', async () => {
    const stories = new Set<string>()
    for (let seed = 0; seed < 20; seed++) stories.add((await tell(seed)).replace(/^.*\n/, ''))
    expect(stories.size).toBe(20)
  })
})

describe('kill', () => {
  test('nothing that it parked is done, nothing that it awaits settles, then or later', async () => {
    const world = new World()
    const doomed = world.system({ uid: 0 })
    const other = world.system({ uid: 0 })
    const settled: string[] = []
    void doomed.createFile(path('/run/x'), '', 0o600).then(() => settled.push('createFile'))
    void doomed.rest(5).then(() => settled.push('rest'))
    void doomed.lock(path('/run'), 1000).then(() => settled.push('lock'))
    world.kill(doomed)
    void doomed.breathe().then(() => settled.push('breathe'))
    void doomed.run(['/usr/bin/x'], { timeoutMs: 1 }).then(() => settled.push('run'))
    await world.pass(60_000)
    expect(settled).toEqual([])
    expect(await world.runUntil(other.stat(path('/run/x')))).toBeUndefined()
    expect(world.process(doomed.self.identity.pid)).toBeUndefined()
  })

  test('may be put before any call', async () => {
    const calls = async (killAt: number): Promise<number> => {
      const world = new World()
      const system = world.system({ uid: 0 })
      world.killAt(system, killAt)
      let made = 0
      void (async () => {
        for (; made < 5; made++) await system.createFile(path(`/run/${made}`), '', 0o600)
      })()
      await world.run()
      expect(world.files.list('/run', { uid: 0, gid: 0 })).toHaveLength(made + 1) // and /run/user
      return made
    }
    expect([await calls(1), await calls(3), await calls(Infinity)]).toEqual([0, 2, 5])
  })

  test('a promise that nobody can settle any more is said to be stuck, with the story', async () => {
    const world = new World()
    const doomed = world.system({ uid: 0 })
    const never = doomed.rest(1000)
    world.after(10, () => world.kill(doomed))
    await expect(world.runUntil(never)).rejects.toThrow(Stuck)
    await expect(world.runUntil(never)).rejects.toThrow(/multi#1 +is killed/)
  })
})

test('what never ends is stopped at the step limit', async () => {
  const world = new World({ stepLimit: 1000 })
  const system = world.system({ uid: 0 })
  const forever = async (): Promise<never> => {
    for (;;) await system.rest(10)
  }
  await expect(world.runUntil(forever())).rejects.toThrow('No end after 1000 steps')
})

test('a suspended multi does nothing until it is resumed', async () => {
  const world = new World()
  const system = world.system({ uid: 0 })
  const made = system.createFile(path('/run/x'), '', 0o600)
  world.suspend(system)
  world.after(5000, () => world.resume(system))
  const before = system.now()
  await world.runUntil(made)
  expect(system.now() - before).toBeGreaterThanOrEqual(5000)
})

test('a multi that stalls loses a lock that it holds, and goes on later', async () => {
  const world = new World({ seed: 1, stall: { chance: 0.3, ms: 10_000 } })
  const [a, b] = [world.system({ uid: 0 }), world.system({ uid: 0 })]
  const holders = new Set<SimSystem>()
  let together = 0
  const use = async (system: SimSystem): Promise<void> => {
    const lock = await system.lock(path('/run'), 1e9)
    holders.add(system)
    together = Math.max(together, holders.size)
    for (let i = 0; i < 5; i++) await system.breathe()
    holders.delete(system)
    if (lock.ok) await lock.value?.release()
  }
  await world.runUntil(Promise.all([use(a), use(b)]))
  expect(together).toBe(2)
})

test('an interruption ends a rest, and is known from then on', async () => {
  const world = new World()
  const system = world.system({ uid: 0 })
  world.after(50, () => world.interrupt(system))
  const before = system.now()
  expect(system.interruptions()).toEqual([])
  await world.runUntil(system.rest(60_000))
  expect(system.interruptions()).toEqual(['INT'])
  expect(system.now() - before).toBeCloseTo(50, 0)
  await world.runUntil(system.rest(1000))
  expect(system.now() - before).toBeGreaterThan(1000)
})

describe('time', () => {
  test('passes by itself when everybody rests; the wall clock may jump', async () => {
    const world = new World()
    const system = world.system({ uid: 0 })
    const [now, wall, booted] = [system.now(), system.wall(), system.bootedAt() ?? 0]
    await world.runUntil(system.rest(3_600_000))
    expect(system.now() - now).toBeCloseTo(3_600_000, 0)
    world.clock.jump(86_400_000)
    expect(system.now() - now).toBeCloseTo(3_600_000, 0)
    expect(system.wall() - wall).toBeCloseTo(90_000_000, 0)
    expect((system.bootedAt() ?? 0) - booted).toBe(86_400_000)
  })

  test('passes between calls under a seed', async () => {
    const world = new World({ scheduler: seeded(1, { pausing: 1, pauseMs: 1000 }) })
    const system = world.system({ uid: 0 })
    const before = system.now()
    for (let i = 0; i < 20; i++) await world.runUntil(system.breathe())
    expect(system.now() - before).toBeGreaterThan(1000)
  })
})

test('a reboot ends everybody, empties /run, restarts the clock and keeps the rest', async () => {
  const world = new World()
  const before = world.system({ uid: 0 })
  world.program('/usr/bin/w')
  const identity = await world.runUntil(start(before, '/usr/bin/w'))
  world.files.put('/run/w.pid', `${identity.pid}\n`)
  world.files.put('/var/lib/w.json', '{}')
  const [now, wall] = [before.now(), before.wall()]
  let settled = false
  void before.rest(10).then(() => (settled = true))
  world.reboot()
  const after = world.system({ uid: 0 })
  expect(after.self.identity.bootId).not.toBe(identity.bootId)
  expect(after.now()).toBeLessThan(now)
  expect(after.wall()).toBeGreaterThan(wall)
  expect(await world.runUntil(after.stat(path('/run/w.pid')))).toBeUndefined()
  expect(await world.runUntil(after.stat(path('/var/lib/w.json')))).toBeDefined()
  expect((await world.runUntil(after.processes())).map(({ pid }) => pid)).toEqual([1, after.self.identity.pid])
  await world.pass(1000)
  expect(settled).toBe(false)
})

test('a program that is run to its end takes its time, or the limit', async () => {
  const world = new World()
  const system = world.system({ uid: 0 })
  world.command('/usr/bin/python3', ({ argv }) => ({ code: 0, stdout: argv.join(' '), ms: 700 }))
  const before = system.now()
  expect(await world.runUntil(system.run(['python3', '-V'], { timeoutMs: 5000 }))).toMatchObject({
    code: 0,
    stdout: 'python3 -V',
  })
  expect(system.now() - before).toBeCloseTo(700, 0)
  expect(await world.runUntil(system.run(['python3'], { timeoutMs: 100 }))).toEqual({ stdout: '', stderr: '' })
  expect(await world.runUntil(system.run(['none'], { timeoutMs: 100 }))).toMatchObject({ fault: 'ENOENT' })
})

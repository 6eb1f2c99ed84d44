import { describe, expect, test } from 'vitest'
import {
  celeryLike,
  diesAtOnce,
  drains,
  forksChild,
  ignoresTerm,
  rewritesEnviron,
  speaks,
  unkillable,
  World,
} from '../../sim/index.ts'
import { path, start } from './helpers.ts'

describe('pids', () => {
  test('go round in a circle and skip what is in use as pid, group or session', async () => {
    const world = new World({ pids: { first: 100, last: 107 } })
    const leader = world.launch(['/leader'])
    const child = leader.fork()
    leader.die('KILL')
    await world.pass(10)
    expect(world.process(leader.pid)).toBeUndefined()
    const seen = new Set<number>()
    for (let i = 0; i < 30; i++) {
      const one = world.launch(['/x'])
      seen.add(one.pid)
      one.die('KILL')
      await world.pass(10)
    }
    expect(child?.pgrp).toBe(leader.pid)
    // Everyone but the child, and the group and session that it is still in.
    expect([...seen].sort((a, b) => a - b)).toEqual([102, 103, 104, 105, 106, 107])
    child?.die('KILL')
    await world.pass(10)
    world.nextPid(leader.pid)
    expect(world.launch(['/x']).pid).toBe(leader.pid)
  })

  test('never come back within a clock tick, so pid and start time are unique', async () => {
    const world = new World()
    const first = world.launch(['/x'])
    first.die('KILL')
    await world.pass(2)
    expect(world.process(first.pid)).toBeUndefined()
    world.nextPid(first.pid)
    const second = world.launch(['/x'])
    expect(second.startTicks).toBe(first.startTicks)
    expect(second.pid).not.toBe(first.pid)
    await world.pass(20)
    world.nextPid(first.pid)
    expect(world.launch(['/x']).pid).toBe(first.pid)
  })

  test('when all are in use, a spawn is refused', async () => {
    const world = new World({ pids: { first: 100, last: 101 } })
    const multi = world.system({ uid: 0 })
    world.program('/usr/bin/w')
    world.launch(['/x'])
    await expect(world.runUntil(start(multi, '/usr/bin/w'))).rejects.toThrow('EAGAIN')
  })
})

describe('zombies', () => {
  test('a dead child of a multi is one until that multi rests, and answers for its group', async () => {
    const world = new World()
    const multi = world.system({ uid: 0 })
    world.program('/usr/bin/w', diesAtOnce(3))
    const identity = await world.runUntil(start(multi, '/usr/bin/w'))
    await world.pass(100)
    expect(await world.runUntil(multi.process(identity.pid))).toMatchObject({ found: 'process', facts: { state: 'Z' } })
    expect(await world.runUntil(multi.groupAnswers(identity.pid))).toBe(true)
    expect(multi.exitOf(identity)).toBeUndefined()
    const before = multi.now()
    await world.runUntil(multi.rest(60_000))
    expect(multi.now() - before).toBeLessThan(1)
    expect(multi.exitOf(identity)).toEqual({ code: 3 })
    expect(await world.runUntil(multi.process(identity.pid))).toEqual({ found: 'nothing' })
    expect(await world.runUntil(multi.groupAnswers(identity.pid))).toBe(false)
  })

  test('init takes them in its own time once the multi is dead', async () => {
    const world = new World({ initDelayMs: 500 })
    const multi = world.system({ uid: 0 })
    const other = world.system({ uid: 0 })
    world.program('/usr/bin/w', diesAtOnce(0))
    const { pid } = await world.runUntil(start(multi, '/usr/bin/w'))
    await world.pass(10)
    world.kill(multi)
    expect(world.process(pid)?.facts).toMatchObject({ state: 'Z', ppid: 1 })
    await world.pass(400)
    expect(await world.runUntil(other.groupAnswers(pid))).toBe(true)
    await world.pass(200)
    expect(await world.runUntil(other.groupAnswers(pid))).toBe(false)
  })

  test('a rest ends when a child does', async () => {
    const world = new World()
    const multi = world.system({ uid: 0 })
    world.program('/usr/bin/w', { exitsAfter: 40 })
    const identity = await world.runUntil(start(multi, '/usr/bin/w'))
    const before = multi.now()
    await world.runUntil(multi.rest(60_000))
    expect(multi.now() - before).toBeCloseTo(40, 0)
    expect(multi.exitOf(identity)).toEqual({ code: 0 })
  })
})

describe('spawn', () => {
  test('makes the leader of a session, with the log, the environment and the directory that it was given', async () => {
    const world = new World()
    const multi = world.system({ uid: 5, env: { A: '1', B: '1' } })
    world.files.put('/var/log/w.log', 'before\n', { uid: 5 })
    world.program('/usr/bin/w', { onStart: (self) => self.print('hello\n') })
    const { pid } = await world.runUntil(start(multi, '/usr/bin/w', { B: '2' }))
    expect(world.process(pid)?.facts).toMatchObject({ pid, pgrp: pid, session: pid, ppid: multi.self.identity.pid })
    expect(await world.runUntil(multi.realUid(pid))).toBe(5)
    expect(Object.fromEntries((await world.runUntil(multi.environ(pid))) ?? [])).toMatchObject({ A: '1', B: '2' })
    expect(await world.runUntil(multi.descriptor(pid, 1))).toBe('/var/log/w.log')
    expect(await world.runUntil(multi.commandLine(pid))).toEqual(['/usr/bin/w'])
    expect(await world.runUntil(multi.workingDirectory(pid))).toBe('/')
    expect(await world.runUntil(multi.readTail(path('/var/log/w.log'), 7, 100))).toBe('hello\n')
  })

  test('refuses what is not there or cannot be run', async () => {
    const world = new World()
    const multi = world.system({ uid: 0 })
    await expect(world.runUntil(start(multi, '/usr/bin/none'))).rejects.toThrow('ENOENT')
    world.files.put('/usr/bin/text', '')
    await expect(world.runUntil(start(multi, '/usr/bin/text'))).rejects.toThrow('EACCES')
  })

  test('a log that is rotated away still gets the output', async () => {
    const world = new World()
    const multi = world.system({ uid: 0 })
    world.program('/usr/bin/w', { onStart: (self) => self.after(50, () => self.print('late')) })
    const { pid } = await world.runUntil(start(multi, '/usr/bin/w'))
    await world.runUntil(multi.rename(path('/var/log/w.log'), path('/var/log/w.log.1')))
    await world.pass(100)
    expect(await world.runUntil(multi.readTail(path('/var/log/w.log.1'), 0, 100))).toBe('late')
    expect(await world.runUntil(multi.descriptor(pid, 1))).toBe('/var/log/w.log.1')
    await world.runUntil(multi.remove(path('/var/log/w.log.1')))
    expect(await world.runUntil(multi.descriptor(pid, 1))).toBe('/var/log/w.log.1 (deleted)')
  })
})

test('/proc shows another user the command line, not the environment; hidepid shows nothing', async () => {
  const world = new World()
  const user = world.system({ uid: 1000 })
  const { pid } = world.launch(['/x', 'y'], { env: { SECRET: '1' } })
  expect(await world.runUntil(user.commandLine(pid))).toEqual(['/x', 'y'])
  expect(await world.runUntil(user.environ(pid))).toBeUndefined()
  const hiding = new World({ hidepid: true })
  const other = hiding.system({ uid: 1000 })
  const hidden = hiding.launch(['/x'])
  expect(await hiding.runUntil(other.process(hidden.pid))).toEqual({ found: 'unreadable' })
  expect((await hiding.runUntil(other.processes())).map((one) => one.pid)).toEqual([other.self.identity.pid])
})

describe('the usual workers', () => {
  const setup = async (behaviour: Parameters<World['program']>[1], env: Record<string, string> = {}) => {
    const world = new World()
    const multi = world.system({ uid: 0 })
    world.program('/usr/bin/w', behaviour)
    const identity = await world.runUntil(start(multi, '/usr/bin/w', env))
    await world.pass(1000)
    return { world, multi, identity, worker: world.process(identity.pid) }
  }

  test('drains finishes its work after TERM, and does not begin again at a second one', async () => {
    const { world, multi, identity } = await setup(drains(3000))
    const before = multi.now()
    await world.runUntil(multi.signal(identity, 'TERM'))
    await world.pass(1000)
    await world.runUntil(multi.signal(identity, 'TERM'))
    await world.runUntil(multi.rest(60_000))
    expect(multi.exitOf(identity)).toEqual({ code: 0 })
    expect(multi.now() - before).toBeCloseTo(3000, -1)
  })

  test('ignoresTerm ends by KILL only, unkillable not even so', async () => {
    for (const [behaviour, exit] of [
      [ignoresTerm, { signal: 'KILL' }],
      [unkillable, undefined],
    ] as const) {
      const { world, multi, identity } = await setup(behaviour)
      await world.runUntil(multi.signal(identity, 'TERM'))
      await world.runUntil(multi.rest(1000))
      expect(multi.exitOf(identity)).toBeUndefined()
      await world.runUntil(multi.signal(identity, 'KILL'))
      await world.runUntil(multi.rest(1000))
      expect(multi.exitOf(identity)).toEqual(exit)
    }
  })

  test('forksChild leaves a child in its group', async () => {
    const { world, multi, identity } = await setup(forksChild())
    await world.runUntil(multi.signal(identity, 'TERM'))
    await world.runUntil(multi.rest(1000))
    const left = await world.runUntil(multi.processes())
    expect(left.filter(({ pgrp }) => pgrp === identity.pid)).toMatchObject([{ ppid: 1, session: identity.pid }])
  })

  test('celeryLike writes its pidfile late, removes it at its end, writes it anew on HUP, respects another', async () => {
    const env = { MULTI_PIDFILE: '/run/w.pid' }
    const { world, multi, identity } = await setup(celeryLike({ bootMs: 300 }), env)
    const read = async () => world.runUntil(multi.readFile(path('/run/w.pid'), 100))
    expect(await read()).toMatchObject({ text: `${identity.pid}\n` })
    await world.runUntil(multi.signal(identity, 'HUP'))
    await world.pass(100)
    expect(await read()).toEqual({ found: 'nothing' })
    await world.pass(300)
    expect(await read()).toMatchObject({ text: `${identity.pid}\n` })
    const second = await world.runUntil(start(multi, '/usr/bin/w', env))
    await world.runUntil(multi.rest(1000))
    expect(multi.exitOf(second)).toEqual({ code: 73 })
    await world.runUntil(multi.signal(identity, 'TERM'))
    await world.runUntil(multi.rest(1000))
    expect(multi.exitOf(identity)).toEqual({ code: 0 })
    expect(await read()).toEqual({ found: 'nothing' })
    await world.pass(10)
    expect(world.processes()).toHaveLength(1)
  })

  test('rewritesEnviron is not found by its environment', async () => {
    const { world, multi, identity } = await setup(rewritesEnviron(undefined, '[w]'), { MULTI_LAUNCH: 'x' })
    expect((await world.runUntil(multi.environ(identity.pid)))?.get('MULTI_LAUNCH')).toBeUndefined()
    expect(await world.runUntil(multi.commandLine(identity.pid))).toEqual(['[w]'])
  })

  test('speaks through its vitals', async () => {
    const { world, multi, identity } = await setup(speaks({ drainMs: 100 }), { MULTI_VITALS: '/run/v.json' })
    const state = async () => {
      const read = await world.runUntil(multi.readFile(path('/run/v.json'), 1000))
      return read.found === 'text' ? (JSON.parse(read.text) as { state: string }).state : read.found
    }
    expect(await state()).toBe('ready')
    await world.runUntil(multi.signal(identity, 'TERM'))
    await world.pass(10)
    expect(await state()).toBe('draining')
    await world.pass(200)
    expect(await state()).toBe('gone')
  })
})

test('of every birth somebody may be told, before the newborn does anything', () => {
  const world = new World()
  const born: [string | undefined, string][] = []
  world.machine.onBirth = ({ argv, state }) => born.push([argv[0], state])
  world.launch(['/opt/w'], { behaviour: { onExec: (self) => self.exit(1) } })
  expect(born).toEqual([['/opt/w', 'S']])
})

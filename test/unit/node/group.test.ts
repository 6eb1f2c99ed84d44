import { describe, expect, test } from 'vitest'
import { ownGroupOf, remainingGroup } from '../../../src/node/group.ts'
import { Look } from '../../../src/node/look.ts'
import { type Memory, newMemory } from '../../../src/node/memory.ts'
import type { Launch } from '../../../src/node/record.ts'
import { type Behaviour, rewritesEnviron, type SimProcess, type SimSystem, sleeper, World } from '../../sim/index.ts'
import { id, LAUNCH, path } from './fixtures.ts'

const ID = id('launch-7')
const ENV = { PATH: '/usr/bin', MULTI_LAUNCH: ID }

const launchOf = (leader: SimProcess, more: Partial<Launch> = {}): Launch => ({
  ...LAUNCH,
  id: ID,
  identity: leader.identity,
  pgid: leader.pid,
  ...more,
})

interface Scene {
  readonly world: World
  readonly system: SimSystem
  readonly leader: SimProcess
  readonly launch: Launch
  left(memory?: Memory, uid?: number): Promise<number[] | 'doubt' | undefined>
}

/** A worker with one child, whose main process has just died. */
async function leaderGone(
  child: Behaviour = sleeper,
  env: Readonly<Record<string, string>> = ENV,
  uid = 0,
): Promise<Scene> {
  const world = new World({ pids: { first: 100, last: 109 } })
  const leader = world.launch(['/bin/w'], { env, uid, cwd: '/srv/app', behaviour: { forks: [child] } })
  const system = world.system({ uid: 0 })
  await world.pass(100)
  const launch = launchOf(leader)
  leader.die('KILL')
  await world.pass(100)
  return { world, system, leader, launch, left: (memory, of) => members(world, system, launch, memory, of) }
}

async function members(world: World, system: SimSystem, launch: Launch, memory = newMemory(), uid?: number) {
  const left = { launch, logfile: path('/log/w.log'), cwd: '/srv/app' }
  const group = await world.runUntil(remainingGroup(new Look(system), left, memory, uid))
  return group && 'doubt' in group ? 'doubt' : group?.evidence.map(({ pid }) => pid)
}

/** Everyone else gone, somebody gets the leader's number. */
async function recycled(
  { world, leader }: Scene,
  behaviour: Behaviour,
  env: Readonly<Record<string, string>>,
  cwd = '/',
): Promise<void> {
  for (const one of world.processes()) if (one.pgrp === leader.pid) one.die('KILL')
  await world.pass(100)
  world.nextPid(leader.pid)
  const other = world.launch(['/bin/daemon'], { env, cwd, behaviour })
  expect(other.pid).toBe(leader.pid)
  await world.pass(100)
}

/** What becomes a daemon: its child stays in its group and session, it itself ends. */
const daemon = (child: Behaviour): Behaviour => ({ forks: [child], exitsAfter: 1 })

describe('what a worker has left is its group', () => {
  test('when a member carries the launch id', async () => {
    const scene = await leaderGone()
    expect(await scene.left()).toHaveLength(1)
  })

  test('when a member has written over its environment, and is of the session', async () => {
    const scene = await leaderGone(rewritesEnviron())
    expect(await scene.left()).toHaveLength(1)
  })

  test('when this command saw the leader alive after a member was started', async () => {
    const child: Behaviour = { onExec: (self) => void (self.environ = new Map([['PATH', '/bin']])) }
    const scene = await leaderGone(child)
    expect(await scene.left()).toBe('doubt')
    const at = scene.system.now() - 100
    const witness = { identity: scene.leader.identity, pgid: scene.leader.pid, at }
    expect(await scene.left({ ...newMemory(), witness })).toHaveLength(1)
  })

  test('when a member with an environment of its own writes to its log', async () => {
    const child: Behaviour = { onExec: (self) => void (self.environ = new Map([['PATH', '/bin']])) }
    const world = new World({ pids: { first: 100, last: 109 } })
    world.files.put('/log/w.log', '')
    const leader = world.launch(['/bin/w'], { env: ENV, log: '/log/w.log', behaviour: { forks: [child] } })
    await world.pass(100)
    leader.die('KILL')
    await world.pass(100)
    expect(await members(world, world.system({ uid: 0 }), launchOf(leader))).toHaveLength(1)
  })

  test('while its leader is there as a zombie: that keeps the number', async () => {
    const child: Behaviour = { onExec: (self) => void (self.environ = new Map([['PATH', '/bin']])) }
    const world = new World({ pids: { first: 100, last: 109 }, initDelayMs: 10_000 })
    const leader = world.launch(['/bin/w'], { env: ENV, cwd: '/srv/app', behaviour: { forks: [child] } })
    await world.pass(100)
    leader.die('KILL')
    await world.pass(10)
    expect(await members(world, world.system({ uid: 0 }), launchOf(leader))).toHaveLength(1)
  })

  test('with all its members, when one of them is proven', async () => {
    const clean: Behaviour = { onExec: (self) => void (self.environ = new Map([['PATH', '/bin']])) }
    const scene = await leaderGone({ ...sleeper, forks: [clean, clean] })
    expect(await scene.left()).toHaveLength(3)
  })

  test('and nothing when only zombies are in it', async () => {
    const scene = await leaderGone({ reaps: false, forks: [{ exitsAfter: 0 }], exitsAfter: undefined as never })
    const parent = scene.world.processes().find(({ pgrp, dead }) => pgrp === scene.leader.pid && !dead)
    expect(parent).toBeDefined()
    parent?.machine.table.regroup(parent, 2, 2)
    expect(await scene.world.runUntil(scene.system.groupAnswers(scene.leader.pid))).toBe(true)
    expect(await scene.left()).toBeUndefined()
  })

  test('and nothing when it has no group of its own', async () => {
    const { world, system, launch } = await leaderGone()
    expect(await members(world, system, { ...launch, pgid: null })).toBeUndefined()
  })
})

describe('a group that got a dead worker’s number is a stranger’s', () => {
  test('when its leader lives', async () => {
    const scene = await leaderGone()
    await recycled(scene, sleeper, { PATH: '/usr/bin' })
    expect(await scene.left()).toBeUndefined()
  })

  test('when its leader lives and has written over its environment', async () => {
    const scene = await leaderGone()
    await recycled(scene, rewritesEnviron(), { PATH: '/usr/bin' })
    expect(await scene.left()).toBeUndefined()
  })

  test('when it is a daemon’s, whose leader is gone as well', async () => {
    const scene = await leaderGone()
    await recycled(scene, daemon(sleeper), { PATH: '/usr/bin' })
    expect(await scene.left()).toBeUndefined()
  })

  test('for all that can be seen it may be what the worker left, when it works where that did: not signalled, and not called nothing', async () => {
    const scene = await leaderGone()
    await recycled(scene, daemon(sleeper), { PATH: '/usr/bin' }, '/srv/app')
    expect(await scene.left()).toBe('doubt')
  })

  test('when it is another worker of ours, with another launch id', async () => {
    const scene = await leaderGone()
    await recycled(scene, daemon(sleeper), { ...ENV, MULTI_LAUNCH: 'launch-8' })
    expect(await scene.left()).toBeUndefined()
  })

  test('also for a command that saw the worker alive, and was then suspended for long', async () => {
    const scene = await leaderGone()
    const witness = { identity: scene.leader.identity, pgid: scene.leader.pid, at: scene.system.now() - 150 }
    await recycled(scene, daemon(sleeper), { PATH: '/usr/bin' })
    expect(await scene.left({ ...newMemory(), witness })).toBeUndefined()
  })
})

test('who was started in the very tick of the last look at the leader is not proven by it', async () => {
  const scene = await leaderGone()
  await recycled(scene, daemon(sleeper), { PATH: '/usr/bin' })
  const stranger = scene.world.processes().find(({ pgrp, dead }) => pgrp === scene.leader.pid && !dead)
  const begun = ((stranger?.startTicks ?? 0) * 1000) / scene.system.ticksPerSecond
  const witness = (at: number): Memory => ({
    ...newMemory(),
    witness: { identity: scene.leader.identity, pgid: scene.leader.pid, at },
  })
  expect(await scene.left(witness(begun + 9))).toBeUndefined()
  expect(await scene.left(witness(begun + 10))).toEqual([stranger?.pid])
})

test('the record of a user leads root to nobody but that user’s processes', async () => {
  const scene = await leaderGone(sleeper, ENV, 1000)
  expect(await scene.left(newMemory(), 1000)).toHaveLength(1)
  expect(await scene.left(newMemory(), 1001)).toBeUndefined()
})

describe('the group of a worker that something else started', () => {
  const groupOf = async (world: World, process: SimProcess) => {
    await world.pass(10)
    return world.runUntil(ownGroupOf(new Look(world.system({ uid: 0 })), process.facts))
  }

  test('is its own when everyone in it descends from it', async () => {
    const world = new World()
    const worker = world.launch(['/bin/w'], { behaviour: { forks: [{ forks: [sleeper] }] } })
    expect(await groupOf(world, worker)).toBe(worker.pid)
  })

  test('is not, when a shell shares it: then only the process itself may be signalled', async () => {
    const world = new World()
    const shell = world.launch(['/bin/sh'], { behaviour: { forks: [sleeper, sleeper] } })
    await world.pass(10)
    const worker = world.processes().find(({ parent }) => parent === shell)
    expect(await groupOf(world, worker as SimProcess)).toBeNull()
  })
})

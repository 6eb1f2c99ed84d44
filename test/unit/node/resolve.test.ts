import { describe, expect, test } from 'vitest'
import type { Claim } from '../../../src/node/claim.ts'
import { recordPath } from '../../../src/node/files.ts'
import { formatRecord, type RecordRead } from '../../../src/node/record.ts'
import { findAbandoned } from '../../../src/node/resolve.ts'
import {
  type Behaviour,
  forksChild,
  forksDaemon,
  rewritesEnviron,
  type SimSystem,
  sleeper,
  World,
} from '../../sim/index.ts'
import { ROOT } from '../../sim/inode.ts'
import { id, LAUNCH, path, RECORD, TARGET } from './fixtures.ts'

const ID = id('launch-7')
const ENV = { PATH: '/usr/bin', MULTI_LAUNCH: ID }

interface Machine {
  readonly world: World
  readonly system: SimSystem
  readonly claim: Claim
}

/** A `multi` that claimed a start and is dead, and one that looks for what it may have started. */
function machine(): Machine {
  const world = new World()
  world.files.put(TARGET.logfile, '')
  const dead = world.system({ uid: 0 })
  const claim: Claim = { generation: 1, launch: ID, purpose: 'start', owner: dead.self.identity, uid: 0 }
  world.kill(dead)
  return { world, system: world.system({ uid: 0 }), claim }
}

const found = ({ world, system, claim }: Machine, target = TARGET, read: RecordRead = { is: 'absent' }) =>
  world.runUntil(findAbandoned(system, target, claim, 1000, read))

const worker = (world: World, behaviour: Behaviour, log = String(TARGET.logfile), env: Record<string, string> = ENV) =>
  world.launch(['/bin/w'], { behaviour, log, env })

describe('the worker of a start whose multi was killed is found', () => {
  test('by the launch id that it carries', async () => {
    const there = machine()
    const one = worker(there.world, sleeper)
    const launch = await found(there)
    expect(launch).toMatchObject({ id: ID, pgid: one.pid, startMs: 1000, adopted: false })
    expect(launch?.identity).toEqual(one.identity)
  })

  test('by its log, when it has written over its environment', async () => {
    const there = machine()
    const one = worker(there.world, rewritesEnviron(sleeper, 'busy'))
    expect((await found(there))?.identity).toEqual(one.identity)
  })

  test('by its log, which a symlink leads to, and which has been rotated', async () => {
    const there = machine()
    const { files } = there.world
    files.directory('/srv')
    files.make('symlink', '/srv/logs', ROOT, '/var/log/multi', 0o777)
    const target = { ...TARGET, logfile: path('/srv/logs/w1.log') }
    const one = worker(there.world, rewritesEnviron(sleeper, 'busy'))
    expect((await found(there, target))?.identity).toEqual(one.identity)
    files.put(TARGET.logfile, 'the next')
    expect((await found(there, target))?.identity).toEqual(one.identity)
    expect((await found(there))?.identity).toEqual(one.identity)
  })

  test('by the log that its starter recorded, when this line means another; not by a record of somebody else', async () => {
    const there = machine()
    const one = worker(there.world, rewritesEnviron(sleeper, 'busy'))
    const elsewhere = { ...TARGET, logfile: path('/var/log/other.log') }
    expect(await found(there, elsewhere)).toBeUndefined()
    expect((await found(there, elsewhere, { is: 'record', record: RECORD, uid: 0 }))?.identity).toEqual(one.identity)
    expect(await found(there, elsewhere, { is: 'record', record: RECORD, uid: 1000 })).toBeUndefined()
  })

  test('at the second look, when it was not there yet at the first', async () => {
    const there = machine()
    there.world.after(100, () => void worker(there.world, sleeper))
    expect(await found(there)).toBeDefined()
  })

  test.each([
    ['has the command line of the one who forked it', ['/usr/bin/node', '/usr/bin/multi']],
    ['has neither that nor an environment, in the middle of execve', []],
  ])('when it comes to its program late, and before that %s', async (_, words) => {
    const there = machine()
    const one = worker(there.world, sleeper, '/var/log/elsewhere')
    const begun = there.world.clock.now
    const { cmdline, environ } = one
    one.cmdline = words
    one.environ = new Map()
    there.world.after(3000, () => Object.assign(one, { cmdline, environ }))
    expect((await found(there))?.identity).toEqual(one.identity)
    expect(there.world.clock.now - begun).toBeGreaterThanOrEqual(3000)
    // One that never comes to it is not waited for without end, and a multi that runs is not waited for at all.
    Object.assign(one, { cmdline: words, environ: new Map() })
    const before = there.world.clock.now
    expect(await found(there)).toBeUndefined()
    expect(there.world.clock.now - before).toBeLessThan(15_000)
    one.die('KILL')
    there.world.system({ uid: 0 })
    const after = there.world.clock.now
    expect(await found(there)).toBeUndefined()
    expect(there.world.clock.now - after).toBeLessThan(500)
  })

  test('by what it has started, when it is dead itself', async () => {
    const there = machine()
    const one = worker(there.world, forksChild())
    await there.world.pass(100)
    one.die('KILL')
    expect(await found(there)).toMatchObject({ pgid: one.pid, identity: { pid: one.pid, startTicks: 0 } })
  })

  test('and not what it has started in a session of its own, even under a lower pid', async () => {
    const there = machine()
    const { world } = there
    world.nextPid(200)
    const one = worker(world, forksDaemon())
    world.nextPid(150)
    await world.pass(100)
    expect(world.processes().some(({ pid, env }) => pid === 150 && env['MULTI_LAUNCH'] === ID)).toBe(true)
    expect((await found(there))?.identity.pid).toBe(one.pid)
  })
})

describe('nobody else is taken for it', () => {
  test('another launch of the same node, with the same log', async () => {
    const there = machine()
    worker(there.world, sleeper, TARGET.logfile, { ...ENV, MULTI_LAUNCH: 'launch-8' })
    expect(await found(there)).toBeUndefined()
  })

  test('somebody who writes to the same log and has an environment of his own', async () => {
    const there = machine()
    worker(there.world, sleeper, TARGET.logfile, { PATH: '/usr/bin' })
    expect(await found(there)).toBeUndefined()
  })

  test('a daemon with a rewritten title, when the log is /dev/null as its output is', async () => {
    const there = machine()
    there.world.launch(['/usr/sbin/sshd'], { behaviour: rewritesEnviron(sleeper, 'sshd: user@pts/0') })
    const facts = await there.world.runUntil(there.system.statTarget(path('/dev/null')))
    expect(facts?.kind).not.toBe('file')
    expect(await found(there, { ...TARGET, logfile: path('/dev/null') })).toBeUndefined()
  })

  test('the worker of a neighbour that shares its log', async () => {
    const there = machine()
    const one = worker(there.world, rewritesEnviron())
    const pidfile = path('/run/multi/w2.pid')
    const launch = { ...LAUNCH, identity: one.identity, pgid: one.pid }
    there.world.files.put(recordPath(pidfile), formatRecord({ ...RECORD, pidfile, launch }))
    expect(await found(there)).toBeUndefined()
  })

  test('whoever was there before the start was claimed', async () => {
    const world = new World()
    world.files.put(TARGET.logfile, '')
    worker(world, rewritesEnviron())
    await world.pass(1000)
    const dead = world.system({ uid: 0 })
    const claim: Claim = { generation: 1, launch: ID, purpose: 'start', owner: dead.self.identity, uid: 0 }
    world.kill(dead)
    expect(await found({ world, system: world.system({ uid: 0 }), claim })).toBeUndefined()
  })

  test('anyone, when the claim is of another boot', async () => {
    const there = machine()
    worker(there.world, rewritesEnviron())
    const claim = { ...there.claim, owner: { ...there.claim.owner, bootId: 'earlier', startTicks: 0 } }
    expect(await found({ ...there, claim })).toBeUndefined()
  })

  test('a zombie', async () => {
    const there = machine()
    there.world.launch(['/bin/parent'], {
      behaviour: { reaps: false, onStart: (self) => void self.fork({ exitsAfter: 0 }, { ownSession: true, env: ENV }) },
    })
    await there.world.pass(100)
    expect(await found(there)).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import type { LaunchPlan, Target } from '../../../src/model/spec.ts'
import { formatClaim } from '../../../src/node/claim.ts'
import { claimPath, recordPath } from '../../../src/node/files.ts'
import { Look } from '../../../src/node/look.ts'
import { newMemory } from '../../../src/node/memory.ts'
import { observe, type Seen } from '../../../src/node/observe.ts'
import { formatRecord, type Launch, type NodeRecord } from '../../../src/node/record.ts'
import {
  becomes,
  forksChild,
  type SimProcess,
  type SimSystem,
  sleeper,
  World,
  type WorldOptions,
} from '../../sim/index.ts'
import { id, LAUNCH, PLAN, RECORD, STOP, TARGET } from './fixtures.ts'

const ENV = { PATH: '/usr/bin', MULTI_LAUNCH: LAUNCH.id, MULTI_PIDFILE: TARGET.pidfile }

interface Scene {
  readonly world: World
  readonly system: SimSystem
  readonly process: SimProcess
}

interface Given extends WorldOptions {
  readonly uid?: number
  readonly by?: number
  readonly behaviour?: SimProcess['behaviour']
}

/** A worker that runs, and somebody who looks. */
async function scene({ uid = 0, by = 0, behaviour = sleeper, ...options }: Given = {}): Promise<Scene> {
  const world = new World(options)
  const process = world.launch(['/bin/w'], { uid, env: ENV, behaviour })
  await world.pass(50)
  return { world, process, system: world.system({ uid: by }) }
}

/** Writes the record and the pidfile as a start would have. */
function recorded(
  { world, process }: Scene,
  {
    launch = {},
    plan = {},
    owner = process.uid,
    holds = `${process.pid}\n`,
    ...more
  }: Partial<Omit<NodeRecord, 'launch' | 'plan'>> & {
    launch?: Partial<Launch>
    plan?: Partial<LaunchPlan>
    owner?: number
    holds?: string | null
  } = {},
): void {
  const { now, wall } = world.clock
  const full = {
    ...LAUNCH,
    identity: process.identity,
    pgid: process.pid,
    startedMono: now,
    startedAt: wall,
    ...launch,
  }
  const record = { ...RECORD, launch: full, plan: { ...PLAN, environmentNames: [], ...plan }, ...more } as NodeRecord
  world.files.put(recordPath(TARGET.pidfile), formatRecord(record), { uid: owner, mode: 0o600 })
  if (holds !== null) world.files.put(TARGET.pidfile, holds, { uid: owner })
}

const seen = ({ world, system }: Scene, target: Target = TARGET, lists = false): Promise<Seen> =>
  world.runUntil(observe(new Look(system, { lists }), target, newMemory()))

describe('while the recorded process lives, the record decides', () => {
  test('also when its main thread has ended, and others work on', async () => {
    const given = await scene()
    recorded(given)
    given.process.threads = 3
    given.process.state = 'Z'
    expect((await seen(given)).state).toMatchObject({ state: 'starting', identity: given.process.identity })
    given.process.threads = 1
    expect((await seen(given)).state.state).toBe('stale')
  })

  test('a user’s that ends while root looks at it is gone, not somebody else’s', async () => {
    const given = await scene({ uid: 1000 })
    recorded(given)
    given.world.onCall(({ call }) => {
      if (call !== 'realUid' || given.process.dead) return
      given.process.die('KILL')
      given.world.machine.reap(given.process)
    })
    expect((await seen(given)).state.state).toBe('stale')
  })

  test('also when it was recorded only after we had looked for its record: it is not taken for somebody else’s', async () => {
    const given = await scene()
    given.world.onCall(({ call, args }) => {
      if (call !== 'readFile' || args[0] !== TARGET.pidfile) return
      given.world.onCall(undefined)
      recorded(given)
    })
    const { state, launch } = await seen(given)
    expect(state.state).toBe('starting')
    expect(launch).toMatchObject({ id: LAUNCH.id, adopted: false })
  })

  test.each([
    ['looked for', false],
    ['listed the', true],
  ])('also when its start was claimed only after we had %s claims, and is not recorded yet', async (_how, lists) => {
    const given = await scene()
    const starter = given.world.system({ uid: 0 })
    given.world.onCall(({ call, args }) => {
      if (call !== 'readFile' || args[0] !== TARGET.pidfile) return
      given.world.onCall(undefined)
      given.world.files.put(TARGET.pidfile, `${given.process.pid}\n`, { uid: 0 })
      const text = formatClaim({ launch: LAUNCH.id, purpose: 'start', owner: starter.self.identity })
      given.world.files.make('symlink', claimPath(TARGET.pidfile, 1), { uid: 0, gid: 0 }, text, 0o777)
    })
    expect((await seen(given, TARGET, lists)).claims.top).toMatchObject({
      holder: 'alive',
      claim: { launch: LAUNCH.id },
    })
  })

  test('a record as it was read before is good while its worker lives, and read anew when that is gone', async () => {
    const one = await scene()
    recorded(one)
    const { recordRead: record } = await seen(one)
    const again = (): Promise<Seen> =>
      one.world.runUntil(observe(new Look(one.system), TARGET, newMemory(), { record }))
    expect((await again()).recordRead).toBe(record)
    one.process.die('KILL')
    one.world.machine.reap(one.process)
    const successor = { ...one, process: one.world.launch(['/bin/w'], { uid: 0, env: ENV, behaviour: sleeper }) }
    await one.world.pass(50)
    recorded(successor)
    // By its record: by its pidfile alone it would pass for somebody else's.
    expect((await again()).launch).toMatchObject({ identity: successor.process.identity, adopted: false })
  })

  test('its pidfile is not read when nothing depends on it', async () => {
    const one = await scene()
    recorded(one)
    const look = (): Promise<Seen> =>
      one.world.runUntil(observe(new Look(one.system), TARGET, newMemory(), { pidfile: 'if-needed' }))
    expect((await look()).pidfile).toEqual({ is: 'unread' })
    one.process.die('KILL')
    one.world.machine.reap(one.process)
    expect(await look()).toMatchObject({ state: { state: 'stale' }, pidfile: { is: 'pid' } })
  })

  test('starting until it has lived long enough, then running', async () => {
    const one = await scene()
    recorded(one)
    expect((await seen(one)).state).toMatchObject({ state: 'starting', identity: one.process.identity })
    await one.world.pass(1000)
    expect((await seen(one)).state.state).toBe('running')
  })

  test('as old, and as good a witness of its group, as it was when root looked, however late root goes on', async () => {
    const one = await scene({ uid: 1000 })
    recorded(one)
    const memory = newMemory()
    const { clock } = one.world
    let looked = 0
    one.world.onCall(({ call }) => {
      if (call === 'process') looked = clock.now
      if (call !== 'realUid') return
      one.world.onCall(undefined)
      clock.elapse(2_000_000)
    })
    const { state } = await one.world.runUntil(observe(new Look(one.system), TARGET, memory))
    expect(clock.now - looked).toBeGreaterThan(2000)
    expect(state.state).toBe('starting')
    expect(memory.witness?.at).toBeLessThanOrEqual(looked)
  })

  test('ready by its own pidfile, where its plan says so', async () => {
    const one = await scene()
    recorded(one, { plan: { ready: 'pidfile', pidfileOwner: 'worker' }, holds: null })
    expect((await seen(one)).state.state).toBe('starting')
    one.world.files.put(TARGET.pidfile, `${one.process.pid}\n`)
    expect((await seen(one)).state.state).toBe('running')
  })

  test.each(['', 'garbage', '1\n', '99999\n'])('whatever its pidfile holds: %j', async (holds) => {
    const one = await scene()
    recorded(one, { holds, launch: { startMs: 0 } })
    expect(await seen(one)).toMatchObject({ state: { state: 'running' }, leftover: false })
  })

  test('also without a pidfile', async () => {
    const one = await scene()
    recorded(one, { holds: null, launch: { startMs: 0 } })
    expect((await seen(one)).state.state).toBe('running')
  })

  test('suspended, and draining once somebody asked', async () => {
    const one = await scene()
    const stop = { at: 1, signal: 'TERM', by: { uid: 0, pid: 2 }, launch: LAUNCH.id } as const
    recorded(one, { stop, launch: { startMs: 0 } })
    one.world.signal(one.process, 'STOP')
    expect((await seen(one)).state).toMatchObject({ state: 'draining', suspended: true, leader: one.process.identity })
    recorded(one, { stop: { ...stop, launch: id('an earlier one') }, launch: { startMs: 0 } })
    expect((await seen(one)).state).toMatchObject({ state: 'running', suspended: true })
  })
})

describe('once it is gone', () => {
  test('nothing left: stale, its pidfile to be removed; stopped when somebody had asked', async () => {
    const one = await scene()
    recorded(one)
    one.process.die('KILL')
    expect(await seen(one)).toMatchObject({ state: { state: 'stale', pid: one.process.pid }, leftover: true })
    recorded(one, { stop: { at: 1, signal: 'TERM', by: { uid: 0, pid: 2 }, launch: LAUNCH.id } })
    expect(await seen(one)).toMatchObject({ state: { state: 'stopped' }, leftover: true })
  })

  test('its group left: orphaned; draining when somebody had asked', async () => {
    const one = await scene({ behaviour: forksChild() })
    recorded(one)
    one.process.die('KILL')
    expect(await seen(one)).toMatchObject({ state: { state: 'orphaned' }, leftover: false })
    recorded(one, { stop: { at: 1, signal: 'TERM', by: { uid: 0, pid: 2 }, launch: LAUNCH.id } })
    const { state } = await seen(one)
    expect(state).toMatchObject({ state: 'draining' })
    expect(state).not.toHaveProperty('leader')
  })

  test('its pid somebody else’s: that one is not it', async () => {
    const one = await scene({ pids: { first: 100, last: 109 } })
    recorded(one, { holds: null })
    one.process.die('KILL')
    await one.world.pass(100)
    one.world.nextPid(one.process.pid)
    const stranger = one.world.launch(['/usr/sbin/sshd'], { env: { PATH: '/bin' } })
    expect(stranger.pid).toBe(one.process.pid)
    expect((await seen(one)).state.state).toBe('stopped')
  })

  test('a zombie is gone', async () => {
    const one = await scene({ initDelayMs: 60_000 })
    recorded(one)
    one.process.die('KILL')
    expect(one.process.state).toBe('Z')
    expect((await seen(one)).state.state).toBe('stale')
  })

  test('the machine booted anew: whoever has its pid is somebody else', async () => {
    const one = await scene()
    recorded(one, { holds: null })
    one.world.files.put('/var/lib/w1.pid', '')
    one.world.reboot({ keepRun: true })
    const system = one.world.system({ uid: 0 })
    one.world.nextPid(one.process.pid)
    one.world.launch(['/bin/w'], { env: { PATH: '/bin' } })
    expect((await seen({ ...one, system })).state.state).toBe('stopped')
  })

  test('recorded in another pid namespace: not a process of here', async () => {
    const one = await scene()
    recorded(one, { holds: null, launch: { identity: { ...one.process.identity, pidNamespace: 'pid:[9]' } } })
    expect(['stopped', 'foreign']).toContain((await seen(one)).state.state)
  })
})

describe('whom this command has asked to stop', () => {
  const put = ({ world }: Scene, text: string): void => {
    world.files.put(recordPath(TARGET.pidfile), text, { uid: 0, mode: 0o600 })
  }

  /** As it has been recorded with the request to stop, and somebody who asked for that and looks again. */
  async function asked(behaviour = sleeper) {
    const given = await scene({ behaviour })
    recorded(given, { generation: 7 })
    const running = await seen(given)
    recorded(given, { generation: 8, stop: STOP })
    const known = await seen(given)
    if (!known.launch || !running.record) throw new Error('nothing was recorded')
    const memory = { ...newMemory(), asked: known.launch }
    const again = (): Promise<Seen> => given.world.runUntil(observe(new Look(given.system), TARGET, memory))
    return { given, before: running.record, again }
  }

  test.each([
    ['spoilt', (given: Scene) => put(given, '{"v":')],
    ['taken away', ({ world }: Scene) => void world.files.remove(recordPath(TARGET.pidfile), { uid: 0, gid: 0 })],
    ['replaced by an older one', (given: Scene, before: NodeRecord) => put(given, formatRecord(before))],
  ] as const)('nothing is known of while it lives, when the record of that is %s', async (_title, harm) => {
    const { given, before, again } = await asked()
    expect((await again()).state.state).toBe('draining')
    harm(given, before)
    expect((await again()).state).toMatchObject({ state: 'unknown', why: expect.stringMatching(/was asked to stop/) })
    given.process.die('TERM')
    given.world.machine.reap(given.process)
    expect((await again()).state.state).toBe('stale')
  })

  test('nor while anyone of its group lives', async () => {
    const { given, again } = await asked(forksChild(sleeper))
    put(given, '')
    given.process.exit(0)
    given.world.machine.reap(given.process)
    expect((await again()).state.state).toBe('unknown')
  })

  test('is not mixed up with another that was started since', async () => {
    const { given, again } = await asked()
    recorded(given, { launch: { id: id('another') }, stop: STOP })
    expect((await again()).state).toMatchObject({ launch: 'another' })
  })

  test('and has seen alive, by its pidfile alone, is not gone when the pidfile names somebody else', async () => {
    const given = await scene()
    const { pid, identity } = given.process
    given.world.files.put(TARGET.pidfile, `${pid}\n`, { uid: 0 })
    expect((await seen(given)).launch?.adopted).toBe(true)
    given.world.files.put(TARGET.pidfile, '', { uid: 0 })
    const memory = { ...newMemory(), stopping: { pid, identity } }
    const again = (): Promise<Seen> => given.world.runUntil(observe(new Look(given.system), TARGET, memory))
    expect((await again()).state).toMatchObject({ state: 'unknown', why: expect.stringMatching(/lives, and neither/) })
    given.process.die('KILL')
    expect((await again()).state.state).toBe('stale')
  })

  test('and was found to be gone needs no second look; whoever was started since is somebody else', async () => {
    const given = await scene()
    recorded(given)
    const calls: string[] = []
    given.world.onCall(({ call }) => void calls.push(call))
    const known = { ...newMemory(), gone: LAUNCH.id }
    const again = (): Promise<Seen> => given.world.runUntil(observe(new Look(given.system), TARGET, known))
    given.process.die('TERM')
    given.world.machine.reap(given.process)
    expect((await again()).state.state).toBe('stale')
    expect(calls.filter((call) => call === 'groupAnswers')).toEqual([])
    const successor = { ...given, process: given.world.launch(['/bin/w'], { uid: 0, env: ENV, behaviour: sleeper }) }
    await given.world.pass(50)
    recorded(successor, { launch: { id: id('another') } })
    expect((await again()).launch).toMatchObject({ id: 'another', adopted: false })
  })
})

describe('whose record it is', () => {
  test('root believes a user’s about that user’s processes only', async () => {
    const own = await scene({ uid: 1000 })
    recorded(own, { launch: { startMs: 0 } })
    expect((await seen(own)).state.state).toBe('running')
    const others = await scene({ uid: 0 })
    recorded(others, { owner: 1000, launch: { startMs: 0 } })
    expect((await seen(others)).state).toMatchObject({ state: 'unknown', why: expect.stringContaining('another user') })
  })

  test('root’s may lead to a worker that has become another user', async () => {
    const one = await scene({ behaviour: becomes(1000) })
    expect(one.process.uid).toBe(1000)
    recorded(one, { owner: 0, launch: { startMs: 0 } })
    expect((await seen(one)).state.state).toBe('running')
  })

  test('one user’s is nothing to another, not even when it can be read', async () => {
    const one = await scene({ uid: 1001, by: 1000 })
    recorded(one)
    one.world.files.put(recordPath(TARGET.pidfile), formatRecord({ ...RECORD }), { uid: 1001, mode: 0o644 })
    expect((await seen(one)).state).toMatchObject({ state: 'unknown' })
  })

  test('one that may not be read leaves it unknown', async () => {
    const one = await scene({ by: 1000 })
    recorded(one)
    expect((await seen(one)).state).toMatchObject({ state: 'unknown', why: expect.stringContaining('EACCES') })
  })

  test('a process that /proc hides leaves it unknown', async () => {
    const one = await scene({ hidepid: true, by: 1000 })
    recorded(one, { owner: 1000 })
    expect((await seen(one)).state.state).toBe('unknown')
  })
})

describe('what stands in the place of the files', () => {
  test.each(['directory', 'symlink'] as const)(
    'a %s where the record should be: unknown, nothing is touched',
    async (kind) => {
      const one = await scene()
      one.world.files.directory('/run/multi')
      one.world.files.make(kind, recordPath(TARGET.pidfile), { uid: 0, gid: 0 }, '/etc/passwd', 0o755)
      expect((await seen(one)).state.state).toBe('unknown')
    },
  )

  test.each(['directory', 'symlink'] as const)('a %s where the pidfile should be: unknown', async (kind) => {
    const one = await scene()
    one.world.files.directory('/run/multi')
    one.world.files.make(kind, TARGET.pidfile, { uid: 0, gid: 0 }, '/etc/passwd', 0o755)
    expect((await seen(one)).state.state).toBe('unknown')
  })

  test.each(['', '{"v":1', '{"v":99}', '[]'])('a record of %j counts as absent; the pidfile decides', async (text) => {
    const one = await scene()
    recorded(one)
    one.world.files.put(recordPath(TARGET.pidfile), text)
    expect(await seen(one)).toMatchObject({ state: { state: 'running', adopted: true }, recordRead: { is: 'useless' } })
  })

  test('an empty pidfile and no record: stale, to be removed', async () => {
    const one = await scene()
    one.world.files.put(TARGET.pidfile, '')
    expect(await seen(one)).toMatchObject({ state: { state: 'stale' }, leftover: true })
  })
})

describe('a worker that something else started', () => {
  test('is adopted by its pidfile, with its group when that is its own', async () => {
    const one = await scene()
    one.world.files.put(TARGET.pidfile, `${one.process.pid}\n`)
    expect(await seen(one)).toMatchObject({
      state: { state: 'running', adopted: true, group: { pgid: one.process.pid } },
    })
  })

  test('without its group when others are in it', async () => {
    const one = await scene({ behaviour: forksChild() })
    const child = one.world.processes().find(({ parent }) => parent === one.process) as SimProcess
    one.world.files.put(TARGET.pidfile, `${child.pid}\n`)
    const { state } = await seen(one)
    expect(state).toMatchObject({ state: 'running', adopted: true })
    expect(state).not.toHaveProperty('group')
  })
})

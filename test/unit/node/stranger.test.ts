import { describe, expect, test } from 'vitest'
import { readPidfile } from '../../../src/node/pidfile.ts'
import { judgePidfile } from '../../../src/node/stranger.ts'
import { type Launching, type SimProcess, World, type WorldOptions } from '../../sim/index.ts'
import { TARGET } from './fixtures.ts'

const CELERY = ['/usr/bin/python3', '-m', 'celery', 'worker', '-n', 'w1@sim', `--pidfile=${TARGET.pidfile}`] as const

interface Case extends WorldOptions {
  /** Who judges. */
  readonly by?: number
  readonly argv?: readonly [string, ...string[]]
  readonly launching?: Launching
  /** The pidfile's owner, and how much younger than the process it is. */
  readonly owner?: number
  readonly laterMs?: number
  readonly holds?: (process: SimProcess) => number
  readonly change?: (process: SimProcess) => void
}

/** A process that something started, and a pidfile that names it: what is it taken for? */
async function judged({
  by = 0,
  argv = CELERY,
  launching = {},
  owner,
  laterMs = 100,
  holds,
  change,
  ...options
}: Case) {
  const world = new World(options)
  const { uid = 0 } = launching
  const process = world.launch(argv, { env: { PATH: '/usr/bin' }, ...launching })
  const system = world.system({ uid: by })
  const startedAt = world.clock.wall - 0
  await world.pass(5000)
  change?.(process)
  const pid = holds?.(process) ?? process.pid
  world.files.put(TARGET.pidfile, `${pid}\n`, { uid: owner ?? uid, mtimeMs: startedAt + laterMs })
  const read = await world.runUntil(readPidfile(system, TARGET.pidfile))
  if (read.is !== 'pid') throw new Error(read.is)
  return world.runUntil(judgePidfile(system, TARGET, read))
}

describe('the process that a pidfile names is the worker', () => {
  test('when it is older than the file, of its owner, and its command line names the node', async () => {
    expect((await judged({})).is).toBe('worker')
    expect((await judged({ argv: ['/bin/w', '-n', 'w1@sim'] })).is).toBe('worker')
    expect((await judged({ argv: ['/bin/w', `--pidfile=${TARGET.pidfile}`] })).is).toBe('worker')
    expect((await judged({ argv: ['/bin/w', TARGET.pidfile] })).is).toBe('worker')
  })

  test('when it was looked at in the middle of execve, where it has neither command line nor environment', async () => {
    const change = (process: SimProcess): void => {
      const { cmdline, environ } = process
      process.cmdline = []
      process.environ = new Map()
      process.after(100, () => Object.assign(process, { cmdline, environ }))
    }
    expect((await judged({ change })).is).toBe('worker')
    expect((await judged({ argv: ['/bin/anything'], change })).is).toBe('stale')
    const forGood = (process: SimProcess): void => void Object.assign(process, { cmdline: [], environ: new Map() })
    expect((await judged({ change: forGood })).is).toBe('unknown')
  })

  test('when only its environment names the pidfile', async () => {
    const launching = { env: { PATH: '/usr/bin', MULTI_PIDFILE: TARGET.pidfile } }
    expect((await judged({ argv: ['/bin/anything'], launching })).is).toBe('worker')
    const other = { env: { PATH: '/usr/bin', MULTI_PIDFILE: '/run/multi/w2.pid' } }
    expect((await judged({ argv: ['/bin/anything'], launching: other })).is).toBe('stale')
  })

  test('when it has rewritten its title as Celery does: one word that holds the old command line', async () => {
    const title = `[celeryd: w1@sim:MainProcess] -active- (worker -n w1@sim --pidfile=${TARGET.pidfile})`
    const rewrites = (process: SimProcess): void => {
      process.cmdline = [title]
      process.environ = new Map()
    }
    expect((await judged({ argv: ['/bin/x'], change: rewrites })).is).toBe('worker')
  })

  test('when its command line names the pidfile relative to its own directory', async () => {
    const argv = ['/bin/w', '--pidfile=multi/w1.pid'] as const
    expect((await judged({ argv: [...argv], launching: { cwd: '/run' } })).is).toBe('worker')
    expect((await judged({ argv: ['/bin/w', '--pidfile', './w1.pid'], launching: { cwd: '/run/multi' } })).is).toBe(
      'worker',
    )
    expect((await judged({ argv: [...argv], launching: { cwd: '/srv' } })).is).toBe('stale')
  })

  test('when it seems a little younger than the file that it wrote: clocks are coarse', async () => {
    expect((await judged({ laterMs: -1500 })).is).toBe('worker')
  })

  test('when root wrote the pidfile of a user’s worker', async () => {
    expect((await judged({ launching: { uid: 1000 }, owner: 0 })).is).toBe('worker')
  })
})

describe('it is a stranger, and the pidfile stale', () => {
  test('when it is younger than the pidfile: it got a dead worker’s pid', async () => {
    const younger = await judged({ argv: ['/usr/sbin/sshd', '-D'], laterMs: -10_000 })
    expect(younger).toMatchObject({ is: 'stale', why: expect.stringContaining('younger') })
  })

  test('when it belongs to another user than the pidfile: a user cannot have root signal anyone', async () => {
    const named = await judged({ launching: { uid: 1001 }, owner: 1000 })
    expect(named).toMatchObject({ is: 'stale', why: expect.stringContaining('another user') })
    expect((await judged({ launching: { uid: 0 }, owner: 1000 })).is).toBe('stale')
  })

  test('when it runs something else, which is named', async () => {
    const named = await judged({ argv: ['/usr/sbin/sshd', '-D'] })
    expect(named).toMatchObject({ is: 'stale', why: expect.stringContaining('/usr/sbin/sshd -D') })
  })

  test.each(['w1@sim2', 'xw1@sim', '/run/multi/w1.pid.bak', 'w1'])(
    'when a word only resembles the node: %s',
    async (word) => {
      expect((await judged({ argv: ['/bin/w', word, `--log=/tmp/${word}`] })).is).toBe('stale')
    },
  )

  test('when it is this very command, init, gone, or a zombie', async () => {
    const world = new World()
    const system = world.system({ uid: 0 })
    const zombie = world.launch(['/bin/parent'], {
      behaviour: { reaps: false, onStart: (self) => void self.fork({ exitsAfter: 0 }) },
    })
    await world.pass(100)
    const child = world.processes().find(({ parent }) => parent === zombie)
    const why = async (pid: number) => {
      const named = await world.runUntil(judgePidfile(system, TARGET, { is: 'pid', pid, uid: 0, mtimeMs: 0 }))
      return named.is === 'stale' ? named.why : named.is
    }
    expect(await why(1)).toContain('the init process')
    expect(await why(system.self.identity.pid)).toContain('this very command')
    expect(await why(4242)).toContain('gone')
    expect(child?.state).toBe('Z')
    expect(await why(child?.pid ?? 0)).toContain('zombie')
  })

  test('when it ends while it is looked at, at any moment', async () => {
    for (let call = 1; call <= 8; call++) {
      const world = new World()
      const system = world.system({ uid: 0 })
      const process = world.launch(['/bin/x'], { env: { PATH: '/usr/bin' } })
      world.onCall(({ number }) => {
        if (number === call) process.die('KILL')
      })
      const read = { is: 'pid', pid: process.pid, uid: 0, mtimeMs: world.clock.wall + 1000 } as const
      expect((await world.runUntil(judgePidfile(system, TARGET, read))).is).toBe('stale')
    }
  })
})

describe('it is unknown, so neither signalled nor started over', () => {
  test('when its main thread has ended, and with it all that it could be told by', async () => {
    const change = (process: SimProcess): void => void Object.assign(process, { state: 'Z', threads: 2 })
    expect(await judged({ change })).toMatchObject({ is: 'unknown' })
  })

  test('when it says that it is the worker, but seems younger than the file: the clock may have been stepped', async () => {
    expect(await judged({ laterMs: -10_000 })).toMatchObject({
      is: 'unknown',
      why: expect.stringContaining('younger than the file'),
    })
  })

  test('when /proc hides it', async () => {
    expect(await judged({ hidepid: true, by: 1000, launching: { uid: 0 } })).toMatchObject({ is: 'unknown' })
  })

  test('when nobody knows when the machine booted', async () => {
    expect(await judged({ bootTimeKnown: false })).toMatchObject({ is: 'unknown' })
  })

  test('when its command line does not say and its environment may not be read', async () => {
    const launching = { uid: 0 }
    expect(await judged({ by: 1000, argv: ['/bin/x'], launching })).toMatchObject({ is: 'unknown' })
  })
})

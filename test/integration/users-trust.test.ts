import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isAlive, type Options, processOf, type Rig, rigFor, until } from '../rig/rig.ts'
import { atCall } from './support/at-call.ts'
import { isRoot, launchOf, OTHER, OthersNode, planOf, strangerOf } from './support/others.ts'

type Line = [string, ...string[]]

/** Every verb that ends workers. */
const ENDING: Line[] = [
  ['stop', 'w1'],
  ['stopwait', 'w1', '--orphan-grace=0', '--timeout=1', '--then=kill'],
  // Root takes no command line from that record: one of its own, or it would need Celery.
  ['restart', 'w1', '--orphan-grace=0', '--timeout=1', '--cmd', 'sleep 1000'],
  ['kill', 'w1'],
]

describe.skipIf(!isRoot)('what another user wrote, when root acts on it (needs root)', () => {
  test.for(ENDING)('a record that names a process of root: %s leaves it alone', async ([verb, ...rest], context) => {
    const rig = rigFor(context)
    rig.expectLeftovers()
    const daemon = await strangerOf(rig)
    const node = new OthersNode(rig, OTHER)
    node.record({ launch: launchOf(daemon, daemon) })
    const { code, stdout, stderr } = await rig.multi(verb, ...rest, `--pidfile=${node.pidfile}`)
    expect(code).not.toBe(0)
    expect(stdout + stderr).toContain('belongs to another user')
    const status = await rig.multi('status', 'w1', `--pidfile=${node.pidfile}`)
    expect(status.code).toBe(4)
    expect(status.stdout).toContain('unknown')
    expect(isAlive(daemon)).toBe(true)
  })

  test.for(ENDING)(
    'a record whose worker is that user’s and whose group is root’s: %s leaves the group alone',
    async ([verb, ...rest], context) => {
      const rig = rigFor(context)
      rig.expectLeftovers()
      const daemon = await strangerOf(rig)
      const worker = await strangerOf(rig, { uid: OTHER })
      const node = new OthersNode(rig, OTHER)
      node.record({ launch: launchOf(worker, daemon) })
      await rig.multi(verb, ...rest, `--pidfile=${node.pidfile}`)
      await rig.multi('stopwait', 'w1', '--orphan-grace=0', '--timeout=1', '--then=kill', `--pidfile=${node.pidfile}`)
      expect(isAlive(worker)).toBe(false)
      expect(isAlive(daemon)).toBe(true)
    },
  )

  test.for(ENDING)(
    'a group of root’s that a process of that user has joined: %s leaves root’s alone',
    async ([verb, ...rest], context) => {
      const rig = rigFor(context)
      rig.expectLeftovers()
      // A script of root's that runs something as that user: both are of one group.
      const drop = `setpriv --reuid=${OTHER} --regid=${OTHER} --clear-groups`
      const script = rig.program(['setsid', 'sh', '-c', `MULTI_LAUNCH=made-up ${drop} sleep 1000; sleep 1000`])
      const child = await until(
        () => rig.processes().find(({ pid, ppid }) => ppid === script.pid && uidOf(pid) === OTHER)?.pid,
        'the script to have started the other',
      )
      expect(processOf(child)?.pgrp).toBe(script.pid)
      const node = new OthersNode(rig, OTHER)
      node.record({ launch: launchOf(child, script.pid) })
      await rig.multi(verb, ...rest, `--pidfile=${node.pidfile}`)
      expect(isAlive(script.pid)).toBe(true)
      // And when the leader that the record names is gone.
      node.record({ launch: { ...launchOf(script.pid, script.pid), identity: { ...gone(script.pid) } } })
      await rig.multi(verb, ...rest, `--pidfile=${node.pidfile}`)
      expect(isAlive(script.pid)).toBe(true)
    },
  )

  test('a claim of that user’s never leads to a process of root’s that writes to the log that the record names', async (context) => {
    const rig = rigFor(context)
    rig.expectLeftovers()
    const log = join(rig.work, 'daemon.log')
    const daemon = await strangerOf(rig, { log })
    const node = new OthersNode(rig, OTHER)
    node.record({ logfile: log })
    node.claim('made-up')
    const { stdout } = await rig.multi('stopwait', 'w1', `--pidfile=${node.pidfile}`)
    expect(stdout).not.toContain(String(daemon))
    expect(isAlive(daemon)).toBe(true)
  })

  test('a pidfile of that user’s that names a process of root is stale, and the process left alone', async (context) => {
    const rig = rigFor(context)
    rig.expectLeftovers()
    const daemon = await strangerOf(rig)
    const node = new OthersNode(rig, OTHER)
    node.writePidfile(daemon)
    const { code, stdout } = await rig.multi('stopwait', 'w1', `--pidfile=${node.pidfile}`)
    expect(code).toBe(0)
    expect(stdout).toContain('of another user than the pidfile')
    expect(isAlive(daemon)).toBe(true)
  })

  test.for<Line>([
    ['stop', 'w1'],
    ['stopwait', 'w1'],
    ['kill', 'w1'],
  ])(
    'after root did %s, the command line that the user recorded is still not run as root',
    async ([verb, ...rest], context) => {
      const rig = rigFor(context)
      const worker = await strangerOf(rig, { uid: OTHER })
      const node = new OthersNode(rig, OTHER)
      const proof = join(node.directory, 'ran')
      const plan = planOf(node.directory, ['/bin/sh', '-c', `id -u >${proof}`])
      node.record({ launch: launchOf(worker, worker), plan })
      expect((await rig.multi(verb, ...rest, `--pidfile=${node.pidfile}`)).code).toBe(0)
      await until(() => !isAlive(worker), 'the worker to be gone')
      for (const again of ['start', 'restart']) {
        const { code, stdout, stderr } = await rig.multi(again, 'w1', `--pidfile=${node.pidfile}`, '--startsecs=0.3')
        expect(code).not.toBe(0)
        expect(stdout + stderr).toContain('belongs to another user')
      }
      expect(existsSync(proof)).toBe(false)
    },
  )

  test('a log that the user recorded is nothing to root: a start or restart with options makes and gives away nothing there', async (context) => {
    const rig = rigFor(context)
    const precious = join(rig.work, 'precious')
    const logfile = join(precious, 'w1.log')
    const node = new OthersNode(rig, OTHER)
    node.record({ logfile, plan: planOf(node.directory, ['/bin/sh', '-c', 'true', `--logfile=${logfile}`]) })
    const options = ['--cmd', 'sleep 1000', '--startsecs=0', `--uid=${OTHER}`, `--gid=${OTHER}`] as const
    for (const verb of ['start', 'restart']) {
      expect((await rig.multi(verb, 'w1', ...options, `--pidfile=${node.pidfile}`)).code).toBe(0)
      expect(existsSync(precious)).toBe(false)
      // Found by its name in root's index, the record being the user's again.
      const record = join(node.directory, '.w1.pid.multi.json')
      expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({ logfile: join(rig.logs, 'w1.log') })
      expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
      node.record({ logfile })
    }
    expect((await rig.multi('restart', 'w1', ...options)).code).toBe(0)
    expect(existsSync(precious)).toBe(false)
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  })

  test('a node that root has stopped is still its user’s: status, start and stopwait work as before', async (context) => {
    const rig = rigFor(context)
    const theirs = { uid: OTHER }
    const pidfile = `--pidfile=${join(rig.userDirectory(OTHER), 'run', 'w1.pid')}`
    expect((await rig.multi(theirs, 'start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')).code).toBe(0)
    expect((await rig.multi('stopwait', 'w1', pidfile)).code).toBe(0)
    const status = (await rig.multi(theirs, 'status', 'w1', '--json')).json() as { state: string }[]
    expect(status[0]?.state).toBe('stopped')
    expect((await rig.multi(theirs, 'start', 'w1', '--startsecs=0')).code).toBe(0)
    expect((await rig.multi(theirs, 'stopwait', 'w1')).code).toBe(0)
    expect(rig.processes()).toEqual([])
  })

  test('an ordinary user’s record names a process of root: unknown, and nothing is removed', async (context) => {
    const rig = rigFor(context)
    rig.expectLeftovers()
    const daemon = await strangerOf(rig)
    const node = new OthersNode(rig, OTHER)
    node.record({ launch: launchOf(daemon, daemon) })
    const options: Options = { uid: OTHER }
    const { code } = await rig.multi(options, 'stop', 'w1', `--pidfile=${node.pidfile}`)
    expect(code).not.toBe(0)
    expect(isAlive(daemon)).toBe(true)
    expect(existsSync(join(node.directory, '.w1.pid.multi.json'))).toBe(true)
  })
})

const uidOf = (pid: number): number => statSync(`/proc/${pid}`).uid

const gone = (pid: number): Record<string, unknown> => ({
  ...(launchOf(pid, pid)['identity'] as Record<string, unknown>),
  startTicks: 1,
})

describe('a symlink where a file of multi should be is neither followed nor written through', () => {
  const victimOf = (rig: Rig): string => {
    const victim = join(rig.work, 'victim')
    writeFileSync(victim, 'precious\n')
    return victim
  }
  const expectUntouched = (victim: string): void => {
    expect(readFileSync(victim, 'utf8')).toBe('precious\n')
    expect(lstatSync(victim).isFile()).toBe(true)
  }

  test.for(['pidfile', 'record'] as const)('in place of the %s: start refuses, and says it', async (what, context) => {
    const rig = rigFor(context)
    const victim = victimOf(rig)
    symlinkSync(victim, what === 'pidfile' ? rig.pidfile('w1') : rig.recordFile('w1'))
    const { code, stdout, stderr } = await rig.multi('start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')
    expect(code).toBe(4)
    expect(stdout + stderr).toContain('a symlink stands where the')
    for (const verb of ['stop', 'stopwait', 'kill']) expect((await rig.multi(verb, 'w1')).code).not.toBe(0)
    expectUntouched(victim)
    expect(rig.processes()).toEqual([])
  })

  test('in place of the pidfile of a running worker: stop goes, and the symlink’s target stays', async (context) => {
    const rig = rigFor(context)
    const victim = victimOf(rig)
    await rig.started('w1')
    unlinkSync(rig.pidfile('w1'))
    symlinkSync(victim, rig.pidfile('w1'))
    await rig.multi('stopwait', 'w1')
    expect(rig.processes()).toEqual([])
    expectUntouched(victim)
  })

  test('in place of a record that is just being written', async (context) => {
    const rig = rigFor(context)
    const victim = victimOf(rig)
    const first = rig.begin({ env: atCall('STOP create') }, 'start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')
    const suspended = await until(() => {
      const found = processOf(first.pid)
      return found?.state === 'T' && found
    }, 'it to be suspended before it writes')
    symlinkSync(victim, `${rig.recordFile('w1')}.${first.pid}-${suspended.startTicks}`)
    first.kill('SIGCONT')
    expect((await first.ended).code).toBe(0)
    expectUntouched(victim)
    expect(lstatSync(rig.recordFile('w1')).isFile()).toBe(true)
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  })

  test('in place of the lock: whoever finds nobody else needs none, and what it leads to stays', async (context) => {
    const rig = rigFor(context)
    const elsewhere = join(rig.work, 'elsewhere')
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(rig.run, '.multi.lock'))
    expect((await rig.multi('start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')).code).toBe(0)
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
    expect(existsSync(elsewhere)).toBe(true)
    expect(lstatSync(join(rig.run, '.multi.lock')).isSymbolicLink()).toBe(true)
  })
})

describe.skipIf(!isRoot)('files of a worker that runs as another user (needs root)', () => {
  const asOther = ['--cmd', 'sleep 1000', '--startsecs=0', `--uid=${OTHER}`, `--gid=${OTHER}`] as const

  test.for(['a file of root', 'nothing'])(
    'a log that is a symlink to %s is refused before anything starts',
    async (to, context) => {
      const rig = rigFor(context)
      const victim = join(rig.work, 'victim')
      if (to !== 'nothing') writeFileSync(victim, 'precious\n', { mode: 0o600 })
      symlinkSync(victim, join(rig.logs, 'w1.log'))
      const { code } = await rig.multi('start', 'w1', ...asOther)
      expect([1, 4]).toContain(code)
      expect(existsSync(victim) ? readFileSync(victim, 'utf8') : undefined).toBe(
        to === 'nothing' ? undefined : 'precious\n',
      )
      expect(rig.processes()).toEqual([])
    },
  )
})

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { MULTI, type Options, type Rig, rigFor, until } from '../rig/rig.ts'
import { isRoot, OTHER } from './support/others.ts'
import { workersOf } from './support/truth.ts'

const SLEEP = ['--cmd', 'sleep 1000', '--startsecs=0'] as const

/** Where a user without a home of its own ends up. */
const LAST_RESORT = ['/var/tmp', '/tmp'].map((directory) => `${directory}/multi-${OTHER}`)

/** As a daemon's user, coming from root by su: nobody made a home for it, and root's variables are still there. */
function daemonsUser(rig: Rig, { onTestFinished }: TestContext): Options {
  onTestFinished(() => LAST_RESORT.forEach((path) => rmSync(path, { recursive: true, force: true })))
  const runtime = join(rig.directory, 'runtime')
  mkdirSync(runtime, { mode: 0o700 })
  const own = { MULTI_RUN_DIR: undefined, MULTI_LOG_DIR: undefined, MULTI_STATE_DIR: undefined }
  return { uid: OTHER, env: { ...own, HOME: rig.home, XDG_RUNTIME_DIR: runtime } }
}

const up = (rig: Rig): string[] => [...workersOf(rig).keys()].sort()
const pidsOf = (rig: Rig): number[] => rig.processes().map(({ pid }) => pid)

interface Row {
  readonly name: string
  readonly state: string
}

describe.skipIf(!isRoot)('an ordinary user (needs root, to become one)', () => {
  test('with a home that cannot be written and root’s XDG_RUNTIME_DIR: after start 3, bare status, restart and stopwait act on exactly those', async (context) => {
    const rig = rigFor(context)
    const user = daemonsUser(rig, context)
    const roots = await rig.started('w9')
    expect((await rig.multi(user, 'start', '3', ...SLEEP)).code).toBe(0)
    const names = ['celery1', 'celery2', 'celery3']
    expect(up(rig)).toEqual([...names, 'w9'])
    const rows = (await rig.multi(user, 'status', '--json')).json() as Row[]
    expect(rows.map(({ name, state }) => [name.split('@')[0], state])).toEqual(names.map((name) => [name, 'running']))
    const before = pidsOf(rig)
    expect((await rig.multi(user, 'restart', '--startsecs=0')).code).toBe(0)
    expect(up(rig)).toEqual([...names, 'w9'])
    expect(pidsOf(rig).filter((pid) => before.includes(pid))).toEqual([roots.pid])
    expect((await rig.multi(user, 'stopwait')).code).toBe(0)
    expect(up(rig)).toEqual(['w9'])
    expect(readdirSync(rig.home)).toEqual([])
    expect((await rig.multi('stopwait')).code).toBe(0)
    expect(rig.processes()).toEqual([])
  })

  test('whose run directory may not be entered: unknown, exit 4, and nothing is signalled', async (context) => {
    const rig = rigFor(context)
    const options = { uid: OTHER }
    expect((await rig.multi(options, 'start', '2', ...SLEEP)).code).toBe(0)
    const run = join(rig.userDirectory(OTHER), 'run')
    for (const mode of [0o000, 0o444]) {
      chmodSync(run, mode)
      for (const verb of ['status', 'stopwait', 'kill']) {
        const { code, stdout, stderr } = await rig.multi(options, verb, '2')
        expect([code, stdout + stderr]).toEqual([4, expect.stringContaining('the record cannot be read (EACCES)')])
      }
    }
    chmodSync(run, 0o700)
    expect(pidsOf(rig)).toHaveLength(2)
    expect((await rig.multi(options, 'stopwait', '2')).code).toBe(0)
  })

  test('a directory under /var/tmp that somebody else has made is not used, nor one that is a symlink', async (context) => {
    const rig = rigFor(context)
    const user = daemonsUser(rig, context)
    const [first = '', second = ''] = LAST_RESORT
    const trap = join(rig.directory, 'trap')
    mkdirSync(trap)
    chmodSync(trap, 0o777)
    mkdirSync(first) // Root's.
    chmodSync(first, 0o777)
    symlinkSync(trap, second)
    const { code, stdout, stderr } = await rig.multi(user, 'start', 'w1', ...SLEEP)
    expect(code).toBe(4)
    expect(stdout + stderr).toMatch(/no right/)
    expect([readdirSync(trap), readdirSync(first)]).toEqual([[], []])
    expect(rig.processes()).toEqual([])
  })

  test('is refused a run directory of another user, with its path, and starts nothing', async (context) => {
    const rig = rigFor(context)
    const { code, stdout, stderr } = await rig.multi(
      { uid: OTHER, env: { MULTI_RUN_DIR: rig.run } },
      'start',
      'w1',
      ...SLEEP,
    )
    expect(code).toBe(4)
    expect(stdout + stderr).toContain(rig.run)
    expect(rig.processes()).toEqual([])
  })

  test('cannot stop root’s worker: exit 4 or unknown, and it gets no signal', async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started('w1')
    for (const line of [['stop'], ['stopwait'], ['restart', '--cmd', 'sleep 1000'], ['kill']] as const) {
      const [verb, ...options] = line
      const { code } = await rig.multi({ uid: OTHER }, verb, 'w1', ...options, `--pidfile=${rig.pidfile('w1')}`)
      expect([1, 4]).toContain(code)
    }
    expect(worker.signals).toEqual([])
    expect(worker.alive).toBe(true)
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  })

  test('through su -c: start returns at once, the workers stay, and a bare stopwait through su ends them', async (context) => {
    const rig = rigFor(context)
    const user = userWithGroups()
    if (!user) return context.skip('no user in passwd(5) but root')
    const own = rig.userDirectory(user.uid)
    const env = { ...rig.environment(user.uid) }
    const through = (...words: string[]) =>
      rig.program(
        [
          'su',
          '-s',
          '/bin/sh',
          user.name,
          '-c',
          [process.execPath, MULTI, ...words].map((word) => `'${word}'`).join(' '),
        ],
        { cwd: join(own, 'work'), env },
      ).ended
    const started = await through('start', '2', ...SLEEP)
    expect({ code: started.code, stderr: started.stderr }).toEqual({ code: 0, stderr: '' })
    expect(up(rig)).toEqual(['celery1', 'celery2'])
    for (const pid of pidsOf(rig)) expect(statSync(`/proc/${pid}`).uid).toBe(user.uid)
    expect((await through('stopwait')).code).toBe(0)
    expect(rig.processes()).toEqual([])
  })
})

interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

const rows = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))

/** Somebody who is not root, with supplementary groups if there is such a one. */
function userWithGroups(): User | undefined {
  const members = new Set(rows('/etc/group').flatMap((row) => (row[3] ?? '').split(',')))
  const users = rows('/etc/passwd')
    .filter((row) => row.length >= 6 && row[2] !== '0')
    .map(([name = '', , uid, gid, , home = '']) => ({ name, uid: Number(uid), gid: Number(gid), home }))
  return users.find(({ name }) => members.has(name)) ?? users.find(({ name }) => name === 'nobody') ?? users[0]
}

/** What a worker that tells who it is has logged. */
async function told(rig: Rig, node: string): Promise<Record<string, string>> {
  const line = await until(() => /^told (\{.*\})$/m.exec(rig.log(node))?.[1], `${node} to tell who it is`)
  return JSON.parse(line) as Record<string, string>
}

const TELLS = `
const groups = [...process.getgroups()].sort((a, b) => a - b).join(' ')
const { HOME, USER, LOGNAME } = process.env
console.log('told ' + JSON.stringify({ uid: process.getuid(), gid: process.getgid(), groups, HOME, USER, LOGNAME }))
`

describe.skipIf(!isRoot)('--uid (needs root)', () => {
  const groupsOf = async (rig: Rig, { name }: User): Promise<string> => {
    const { stdout } = await rig.program(['id', '-G', name]).ended
    const groups = stdout.trim().split(' ').map(Number)
    return [...new Set(groups)].sort((a, b) => a - b).join(' ')
  }

  const sourceOf = (rig: Rig, source: string): string => {
    const file = join(rig.work, 'worker.mjs')
    writeFileSync(file, source)
    return file
  }

  const expectIsThatUser = async (rig: Rig, user: User): Promise<void> => {
    const { name, uid, gid, home } = user
    const groups = await groupsOf(rig, user)
    expect(await told(rig, 'w1')).toEqual({ uid, gid, groups, HOME: home, USER: name, LOGNAME: name })
  }

  test('a command runs as that user with all its groups, home and name, and may write its log', async (context) => {
    const rig = rigFor(context)
    const user = userWithGroups()
    if (!user) return context.skip('no user in passwd(5) but root')
    const file = sourceOf(rig, `${TELLS}setInterval(() => {}, 1e6)`)
    const start = [
      'start',
      'w1',
      '--cmd',
      `${process.execPath} ${file}`,
      `--uid=${user.name}`,
      '--startsecs=0',
    ] as const
    expect((await rig.multi(...start)).code).toBe(0)
    await expectIsThatUser(rig, user)
    expect(statSync(join(rig.logs, 'w1.log')).uid).toBe(user.uid)
    // The record is root's, so what it says can be trusted; the worker's pid is that of the program, not of what led to it.
    expect(statSync(rig.recordFile('w1')).uid).toBe(0)
    expect(pidsOf(rig)).toEqual([rig.readPid('w1')])
    expect(((await rig.multi('status', '--json')).json() as Row[])[0]?.state).toBe('running')
    expect((await rig.multi('restart', '--startsecs=0')).code).toBe(0)
    const again = rig.readPid('w1')
    // Root's until what leads to the program has become that user.
    await until(() => again && statSync(`/proc/${again}`).uid === user.uid, 'the next one to be that user')
    expect(pidsOf(rig)).toEqual([again])
    expect((await rig.multi('stopwait')).code).toBe(0)
    expect(rig.processes()).toEqual([])
  })

  test('an app runs as that user with all its groups, and writes its pidfile in a directory that multi made for it', async (context) => {
    const rig = rigFor(context)
    const user = userWithGroups()
    if (!user) return context.skip('no user in passwd(5) but root')
    const file = sourceOf(rig, `${TELLS}export default { close() {} }`)
    const env = { MULTI_RUN_DIR: join(rig.run, 'made') }
    const { code } = await rig.multi({ env }, 'start', 'w1', '-A', file, `--uid=${user.name}`, '--startsecs=0')
    expect(code).toBe(0)
    await expectIsThatUser(rig, user)
    expect(statSync(join(rig.run, 'made', 'w1.pid')).uid).toBe(user.uid)
    expect((await rig.multi({ env }, 'stopwait')).code).toBe(0)
    expect(rig.processes()).toEqual([])
    expect(existsSync(join(rig.run, 'made', 'w1.pid'))).toBe(false)
  })

  test.for(['a command', 'an app'])(
    'the first start ever, of %s: the directories of all nodes stay root’s, so the next command finds the node',
    async (what, context) => {
      const rig = rigFor(context)
      const file = sourceOf(rig, 'export default { close() {} }')
      const at = (name: string): string => join(rig.directory, 'found', name)
      mkdirSync(join(rig.directory, 'found'))
      const unset = { MULTI_RUN_DIR: undefined, MULTI_LOG_DIR: undefined, MULTI_STATE_DIR: undefined }
      const found = { RUNTIME_DIRECTORY: at('run'), LOGS_DIRECTORY: at('log'), STATE_DIRECTORY: at('state') }
      const env = { ...unset, ...found }
      const own = what === 'an app' ? ['-A', file] : ['--cmd', 'sleep 1000']
      const line = ['start', 'w1', ...own, '--startsecs=0', `--uid=${OTHER}`, `--gid=${OTHER}`] as const
      expect((await rig.multi({ env }, ...line)).code).toBe(0)
      expect([statSync(at('run')).uid, statSync(at('log')).uid]).toEqual([0, 0])
      const below = what === 'an app' ? `/uid-${OTHER}` : ''
      expect(statSync(`${at('run')}${below}/w1.pid`).uid).toBe(what === 'an app' ? OTHER : 0)
      expect(statSync(`${at('log')}${below}/w1.log`).uid).toBe(OTHER)
      const before = pidsOf(rig)
      expect((await rig.multi({ env }, ...line)).stdout).toContain('already running')
      expect((await rig.multi({ env }, 'start', 'w1')).stdout).toContain('already running')
      expect(pidsOf(rig)).toEqual(before)
      expect((await rig.multi({ env }, 'restart', 'w1', ...line.slice(2))).code).toBe(0)
      expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
      expect(rig.processes()).toEqual([])
    },
  )

  test('an app that could not write its pidfile as that user is refused before it starts: exit 4, with the directory', async (context) => {
    const rig = rigFor(context)
    const file = sourceOf(rig, 'export default { close() {} }')
    const { code, stdout, stderr } = await rig.multi('start', 'w1', '-A', file, `--uid=${OTHER}`, `--gid=${OTHER}`)
    expect(code).toBe(4)
    expect(stdout + stderr).toContain(rig.run)
    expect(rig.processes()).toEqual([])
  })

  test('a log that that user cannot write is refused before anything starts: exit 4, with its path', async (context) => {
    const rig = rigFor(context)
    const log = join(rig.logs, 'w1.log')
    writeFileSync(log, 'of root\n')
    chmodSync(log, 0o600)
    const asOther = [`--uid=${OTHER}`, `--gid=${OTHER}`]
    const { code, stdout, stderr } = await rig.multi('start', 'w1', ...SLEEP, ...asOther)
    expect(code).toBe(4)
    expect(stdout + stderr).toContain(log)
    expect(rig.processes()).toEqual([])
  })

  test('a directory that was there before stays whose it was', async (context) => {
    const rig = rigFor(context)
    const before = join(rig.directory, 'before')
    mkdirSync(before)
    chownSync(before, OTHER + 1, OTHER + 1)
    const env = { MULTI_RUN_DIR: before, MULTI_LOG_DIR: before }
    const { code } = await rig.multi({ env }, 'start', 'w1', ...SLEEP, `--uid=${OTHER}`, `--gid=${OTHER}`)
    expect(code).toBe(0)
    expect(statSync(before).uid).toBe(OTHER + 1)
    expect((await rig.multi({ env }, 'stopwait')).code).toBe(0)
  })

  test('of an ordinary user is refused: exit 4, and nothing starts', async (context) => {
    const rig = rigFor(context)
    const { code } = await rig.multi({ uid: OTHER }, 'start', 'w1', ...SLEEP, '--uid=0', '--gid=0')
    expect(code).toBe(4)
    expect(rig.processes()).toEqual([])
  })
})

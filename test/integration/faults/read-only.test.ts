import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { isRoot, NOBODY, type Options, type Rig, rigFor } from '../../rig/rig.ts'
import { lacks } from '../support/lacks.ts'
import { expectTruth, expectUp, litter, workersOf } from '../support/truth.ts'

/** Root may write anywhere, so whoever must not is somebody else. */
const as: Options = isRoot ? { uid: NOBODY } : {}

const ownOf = (rig: Rig): string => (isRoot ? rig.userDirectory(NOBODY) : rig.directory)

/** Opened at the end of the test, so that the rig can clear it away, as whoever runs it. */
function closed(directory: string, { onTestFinished }: TestContext): string {
  chmodSync(directory, 0o555)
  onTestFinished(() => chmodSync(directory, 0o755))
  return directory
}

const start = (rig: Rig) => ['start', 'w1', ...rig.puppet, '--startsecs=0'] as const

async function expectStopped(rig: Rig, options: Options, run: string): Promise<void> {
  expect((await rig.multi(options, 'stopwait', 'w1')).code).toBe(0)
  expect(workersOf(rig).size).toBe(0)
  expect(litter(rig, run)).toEqual([])
}

test('a log directory that may not be written: exit 4 with the path of the log, nothing is started, and later the same start finishes', async (context) => {
  const rig = rigFor(context)
  const own = ownOf(rig)
  const log = closed(join(own, 'log'), context)
  const { code, stdout, stderr } = await rig.multi(as, ...start(rig))
  expect({ code, stderr }).toEqual({ code: 4, stderr: '' })
  expect(stdout).toContain(`${log}/w1.log: permission denied (EACCES)`)
  expect(stdout).toContain('name another place with --logfile')
  expect(workersOf(rig).size).toBe(0)
  expect(await expectTruth(rig, ['w1'], as)).toMatchObject([{ state: 'stopped' }])
  expect(litter(rig, join(own, 'run'))).toEqual([])
  chmodSync(log, 0o755)
  expect((await rig.multi(as, ...start(rig))).code).toBe(0)
  expectUp(rig, ['w1'], 'the same start')
  await expectStopped(rig, as, join(own, 'run'))
})

test.for([[], ['--rolling']])(
  'a log that may no longer be written: restart %s says so with exit 4, and leaves the worker as it is',
  async (options, context) => {
    const rig = rigFor(context)
    const own = ownOf(rig)
    expect((await rig.multi(as, ...start(rig))).code).toBe(0)
    const worker = await rig.worker('w1')
    const log = join(own, 'log')
    rmSync(join(log, 'w1.log'))
    closed(log, context)
    const { code, stdout } = await rig.multi(as, 'restart', 'w1', ...options, '--startsecs=0')
    expect(code).toBe(4)
    expect(stdout).toContain(`${log}/w1.log: permission denied (EACCES)`)
    expect(worker.signals).toEqual([])
    expectUp(rig, ['w1'], 'a restart that could not open the log')
    await expectTruth(rig, ['w1'], as)
    chmodSync(log, 0o755)
    expect((await rig.multi(as, 'restart', 'w1', ...options, '--startsecs=0')).code).toBe(0)
    expect(worker.signals).toEqual(['SIGTERM'])
    expectUp(rig, ['w1'], 'the same restart')
    await expectStopped(rig, as, join(own, 'run'))
  },
)

test('a log directory whose mount has become read-only: restart says so with exit 4, and leaves the worker as it is', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const mounted = await readOnly(rig, rig.logs, context)
  const { code, stdout } = await rig.multi(mounted, 'restart', 'w1', '--startsecs=0')
  expect(code).toBe(4)
  expect(stdout).toContain(`${rig.logs}/w1.log: ${READ_ONLY}; name another place with --logfile`)
  expect(worker.signals).toEqual([])
  expectUp(rig, ['w1'], 'a restart that could not open the log')
  await expectStopped(rig, {}, rig.run)
})

test('a directory of vitals that may not be written: the worker is mute, and is started, seen and stopped as any other', async (context) => {
  const rig = rigFor(context)
  const run = join(ownOf(rig), 'run')
  mkdirSync(join(run, 'vitals'))
  closed(join(run, 'vitals'), context)
  expect(await rig.multi(as, ...start(rig))).toMatchObject({ code: 0, stderr: '' })
  const worker = await rig.worker('w1')
  expect(worker.hello.env).not.toHaveProperty('MULTI_VITALS')
  expect(await expectTruth(rig, ['w1'], as)).toMatchObject([{ state: 'running' }])
  expect((await rig.multi(as, 'restart', 'w1', '--startsecs=0')).code).toBe(0)
  expectUp(rig, ['w1'], 'a restart')
  await expectStopped(rig, as, run)
  expect(readdirSync(join(run, 'vitals'))).toEqual([])
})

test('a state directory that may not be written: it is said with the path, and the worker is started, seen and stopped by its name', async (context) => {
  const rig = rigFor(context)
  const own = ownOf(rig)
  const state = closed(join(own, 'state'), context)
  const { code, stdout } = await rig.multi(as, ...start(rig))
  expect(code).toBe(0)
  expect(stdout).toContain('nodes are not noted for verbs without arguments')
  expect(stdout).toContain(`${state}/index`)
  expect(await expectTruth(rig, ['w1'], as)).toMatchObject([{ state: 'running' }])
  await expectStopped(rig, as, join(own, 'run'))
  expect(readdirSync(state)).toEqual([])
})

/** Words before those of multi: for it, and for whom it starts, that directory is mounted read-only. */
async function readOnly(rig: Rig, directory: string, context: TestContext): Promise<Options> {
  if (!isRoot) lacks(context, 'only root can mount')
  const script = `mount --bind ${directory} ${directory} && mount -o remount,bind,ro ${directory} && exec "$@"`
  const under = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'] as const
  const tried = await rig.program([...under, 'true']).ended
  if (tried.code !== 0) lacks(context, `mounting read-only is not allowed here: ${tried.stderr.trim()}`)
  return { under }
}

const READ_ONLY = 'the file system is read-only (EROFS)'

test('a run directory on a read-only mount: a start exits 4 with its path, and nothing is started', async (context) => {
  const rig = rigFor(context)
  const mounted = await readOnly(rig, rig.run, context)
  for (const verb of ['start', 'restart'] as const) {
    const { code, stdout, stderr } = await rig.multi(mounted, verb, ...start(rig).slice(1))
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' })
    expect(stdout).toContain(rig.run)
    expect(stdout).toContain('name another place with --pidfile')
  }
  expect(workersOf(rig).size).toBe(0)
  expect(readdirSync(rig.run)).toEqual([])
  expect(readdirSync(rig.logs)).toEqual([])
})

test('a run directory whose mount has become read-only: status is true, all but kill say so with exit 4 and signal nobody; afterwards stopwait finishes', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const mounted = await readOnly(rig, rig.run, context)
  await expectTruth(rig, ['w1'], mounted)
  for (const verb of ['stop', 'stopwait']) {
    const { code, stdout } = await rig.multi(mounted, verb, 'w1')
    expect(code).toBe(4)
    expect(stdout).toContain(`${rig.run}/.w1.pid.multi.claim.2: ${READ_ONLY}`)
  }
  for (const verb of ['start', 'restart']) {
    const { code, stdout } = await rig.multi(mounted, verb, 'w1')
    expect(code).toBe(4)
    expect(stdout).toContain(rig.run)
  }
  expect(worker.signals).toEqual([])
  expectUp(rig, ['w1'], 'commands on a read-only mount')
  const kill = await rig.multi(mounted, 'kill', 'w1')
  expect(kill.code).toBe(4)
  expect(kill.stdout).toContain(READ_ONLY)
  expect(worker.alive).toBe(false)
  expect(await expectTruth(rig, ['w1'], mounted)).not.toMatchObject([{ state: 'running' }])
  await expectStopped(rig, {}, rig.run)
})

test('a log directory on a read-only mount: exit 4 with the path of the log, nothing is started, and later the same start finishes', async (context) => {
  const rig = rigFor(context)
  const mounted = await readOnly(rig, rig.logs, context)
  const { code, stdout, stderr } = await rig.multi(mounted, ...start(rig))
  expect({ code, stderr }).toEqual({ code: 4, stderr: '' })
  expect(stdout).toContain(`${rig.logs}/w1.log: ${READ_ONLY}; name another place with --logfile`)
  expect(workersOf(rig).size).toBe(0)
  expect(await expectTruth(rig, ['w1'])).toMatchObject([{ state: 'stopped' }])
  expect(litter(rig)).toEqual([])
  expect((await rig.multi(...start(rig))).code).toBe(0)
  expectUp(rig, ['w1'], 'the same start')
  await expectStopped(rig, {}, rig.run)
})

test('a state directory on a read-only mount: it is said with the path, and the worker is started, seen and stopped by its name', async (context) => {
  const rig = rigFor(context)
  const mounted = await readOnly(rig, rig.state, context)
  const { code, stdout } = await rig.multi(mounted, ...start(rig))
  expect(code).toBe(0)
  expect(stdout).toContain('nodes are not noted for verbs without arguments')
  expect(stdout).toContain(`${rig.state}/index`)
  expect(stdout).toContain('EROFS')
  await expectTruth(rig, ['w1'], mounted)
  expect(existsSync(join(rig.state, 'index'))).toBe(false)
  await expectStopped(rig, mounted, rig.run)
})

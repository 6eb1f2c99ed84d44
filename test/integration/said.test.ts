/** What was typed is done, and nothing else: where that cannot be, the command is refused before it touches anything. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Puppet, type Rig, rigFor } from '../rig/rig.ts'

const untouched = ({ alive, signals }: Puppet) => expect({ alive, signals }).toEqual({ alive: true, signals: [] })

/** A `celery` that writes its pidfile and stays, first on the PATH. */
function fakeCelery(rig: Rig): NodeJS.ProcessEnv {
  const script = `for word; do case $word in --pidfile=*) echo $$ >"\${word#--pidfile=}" ;; esac; done\nexec sleep 1000`
  writeFileSync(join(rig.work, 'celery'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { PATH: `${rig.work}:${process.env['PATH'] ?? ''}`, MULTI_BRIDGE: '0' }
}

test.for([
  ['stop', '-CONT'],
  ['stopwait', '-TSTP'],
  ['restart', '-STOP'],
] as const)('%s %s is refused: no process ends by it, and it would drain for ever', async ([verb, signal], context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const { code, stderr } = await rig.multi(verb, 'w1', signal)
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(`does not end a process`) })
  untouched(worker)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})

test('an app is not stopped by what has it reopen its log, or say what it does', async (context) => {
  const rig = rigFor(context)
  writeFileSync(join(rig.work, 'app.mjs'), 'export default { close() {} }')
  expect((await rig.multi('start', 'w1', '-A', './app.mjs')).code).toBe(0)
  for (const line of [
    ['stop', 'w1', '-USR1'],
    ['stopwait', '-HUP'],
    ['restart', 'w1', '-USR1'],
  ]) {
    const { code, stderr } = await rig.multi(...line)
    expect({ line, code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/does not end w1@/) })
  }
  expect((await rig.multi('status', 'w1')).code).toBe(0)
  expect((await rig.multi('stopwait', 'w1', '-INT')).code).toBe(0)
})

test.for([
  [['stopwait', '--then=kill'], '--then needs --timeout'],
  [['restart', '--then=soft'], '--then needs --timeout'],
  [['restart', '--rolling', '2'], '--rolling takes 2 only behind a ='],
  [['restart', '--rolling', '25%'], '--rolling takes 25% only behind a ='],
  [['restart', '--rolling', '--jobs=1'], '--rolling and --jobs both say how many nodes at once'],
] as const)('%j is refused, and touches no node', async ([line, said], context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const { code, stderr } = await rig.multi({}, ...line)
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
  untouched(worker)
  await rig.multi('stopwait')
})

test('start of one that runs says which log and which fleet it has', async (context) => {
  const rig = rigFor(context)
  const line = ['start', 'w1', ...rig.puppet, '--startsecs=0']
  const worker = await rig.started('w1')
  const log = join(rig.logs, 'w1.log')
  const other = `--logfile=${rig.work}/other.log`
  expect((await rig.multi(...line, other)).stdout).toContain(`log ${log}`)
  const [outcome] = (await rig.multi(...line, other, '--json')).json() as [Readonly<Record<string, unknown>>]
  expect(outcome).toMatchObject({ logfile: log, differs: [`log ${log}`] })
  const taken = await rig.multi(...line, '--fleet=mail')
  expect(taken).toMatchObject({ code: 1, stdout: expect.stringContaining('is taken by a worker of fleet') })
  untouched(worker)
  await rig.multi('stopwait')
})

test('restart --fleet moves a node that is named by its pidfile, too', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  const pidfile = `--pidfile=${rig.pidfile('w1')}`
  expect((await rig.multi('restart', 'w1', pidfile, '--fleet=mail', '--startsecs=0')).code).toBe(0)
  expect((await rig.multi('stopwait', '--fleet=mail')).code).toBe(0)
  expect(rig.readPid('w1')).toBeUndefined()
})

test('by its pidfile a node can be stopped under any name, and started under its own', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const pidfile = `--pidfile=${rig.pidfile('w1')}`
  for (const line of [
    ['restart', 'w9', pidfile],
    ['start', 'w9', ...rig.puppet, pidfile],
  ]) {
    const { code, stderr } = await rig.multi(...line)
    expect({ line, code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/w1\.pid is the pidfile of w1@\S+, not of w9@/),
    })
  }
  untouched(worker)
  expect((await rig.multi('stopwait', 'w9', pidfile)).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
})

test('a Celery worker does not lose its app by a restart with other options', async (context) => {
  const rig = rigFor(context)
  const env = fakeCelery(rig)
  expect((await rig.multi({ env }, 'start', 'w1', '-A', 'proj', '-c', '2', '--startsecs=0')).code).toBe(0)
  const pid = rig.readPid('w1')
  for (const line of [
    ['restart', '-c', '8'],
    ['restart', 'w1', '--dry-run'],
  ]) {
    const { code, stderr } = await rig.multi({ env }, ...line)
    expect({ line, code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('was started with the app proj, and this line does not say what to run'),
    })
  }
  // A configuration is no app.
  writeFileSync(join(rig.work, 'celeryconfig.py'), 'imports = ()')
  expect((await rig.multi({ env }, 'restart', '-c', '8')).code).toBe(2)
  expect(rig.readPid('w1')).toBe(pid)
  const anew = await rig.multi({ env }, 'restart', '-A', 'proj', '-c', '8', '--startsecs=0')
  expect(anew.code).toBe(0)
  expect(rig.record('w1')?.plan?.argv).toEqual(expect.arrayContaining(['-A', 'proj', '-c', '8']))
  // Celery finds it by itself.
  const found = await rig.multi({ env: { ...env, CELERY_APP: 'proj' } }, 'restart', '-c', '4', '--startsecs=0')
  expect(found.code).toBe(0)
  expect((await rig.multi({ env }, 'stopwait')).code).toBe(0)
})

test('an app does not come back as what MULTI_CMD says; a command may get another program by it', async (context) => {
  const rig = rigFor(context)
  writeFileSync(join(rig.work, 'app.mjs'), 'export default { close() {} }')
  expect((await rig.multi('start', 'w1', '-A', './app.mjs')).code).toBe(0)
  const app = await rig.multi({ env: { MULTI_CMD: 'sleep 1000' } }, 'restart', 'w1', '--umask=077')
  expect(app).toMatchObject({ code: 2, stderr: expect.stringContaining('would come back as kind command') })
  const line = ['start', 'c1', '--umask=077', '--startsecs=0'] as const
  for (const MULTI_CMD of ['sleep 1000', 'sleep 2000']) {
    expect((await rig.multi({ env: { MULTI_CMD } }, ...line)).code).toBe(0)
    expect(rig.record('c1')?.plan?.argv).toEqual([expect.stringContaining('sleep'), MULTI_CMD.split(' ')[1]])
    expect((await rig.multi('stopwait', 'c1')).code).toBe(0)
  }
  const env = { MULTI_CMD: 'sleep 1000' }
  expect((await rig.multi({ env }, 'start', 'd1', 'd2', '--cmd:d1=sleep 2000', '--startsecs=0')).code).toBe(0)
  await rig.multi('stopwait')
})

test('an app that was named in another way is kept, too', async (context) => {
  const rig = rigFor(context)
  const fake = fakeCelery(rig)
  for (const [at, app] of ['--app proj', '--app=proj', '-Aproj'].entries()) {
    const env = { ...fake, MULTI_CMD: `celery ${app} worker` }
    const node = `w${at}`
    expect((await rig.multi({ env }, 'start', node, '--startsecs=0')).code).toBe(0)
    expect((await rig.multi({ env }, 'restart', node, '-c', '2', '--startsecs=0')).code).toBe(0)
    const { code, stderr } = await rig.multi({ env: fake }, 'restart', node, '-c', '2')
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('with the app proj') })
  }
  await rig.multi({ env: fake }, 'stopwait')
})

test('a restart minds no file that its worker will make, and takes the log that each node has', async (context) => {
  const rig = rigFor(context)
  const env = fakeCelery(rig)
  const files = ['-S', join(rig.work, 'state-%n'), '-s', join(rig.work, 'beat'), '--startsecs=0']
  const own = [`--pidfile=${rig.run}/%h.pid`, `--logfile=${rig.logs}/%h.log`]
  expect((await rig.multi({ env }, 'start', 'w1@a', 'w1@b', '-A', 'proj', ...files, ...own)).code).toBe(0)
  const { code, stdout, stderr } = await rig.multi({ env }, 'restart', '--startsecs=0')
  expect(code).toBe(0)
  expect(stdout + stderr).not.toContain('log to one file')
  expect((await rig.multi({ env }, 'stopwait', '-HUP')).code).toBe(2)
  expect((await rig.multi({ env }, 'stopwait')).code).toBe(0)
})

test('the pidfile of a node that was stopped may become another’s', async (context) => {
  const rig = rigFor(context)
  const pidfile = `--pidfile=${rig.run}/only.pid`
  await rig.started('w1', pidfile)
  await rig.multi('stopwait', 'w1')
  // Of it nothing is recorded: it is not what w1 was.
  const unknown = await rig.multi('start', 'w2', pidfile)
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('w2 was never started here') })
  const elsewhere = join(rig.directory, 'elsewhere')
  mkdirSync(elsewhere)
  const line = ['start', 'w2', ...rig.puppet, '--startsecs=0', pidfile] as const
  expect((await rig.multi({ cwd: elsewhere }, ...line)).code).toBe(0)
  expect((await rig.worker('w2')).hello.node).toMatch(/^w2@/)
  const [row] = (await rig.multi('status', '--all', '--json')).json() as [Readonly<Record<string, unknown>>]
  expect(row).toMatchObject({ fleet: elsewhere, logfile: join(rig.logs, 'w2.log') })
  expect((await rig.multi('status', '--all')).stdout).not.toContain('w1@')
  expect((await rig.multi({ cwd: elsewhere }, 'stopwait', 'w2')).code).toBe(0)
})

test('options that begin as one of multi’s are those of a program, where one is named', async (context) => {
  const rig = rigFor(context)
  const options = ['--cmd', 'sleep 1000', '--', '--time=80']
  const named = ['--cmd', 'sleep 1000', '--time=80']
  await rig.started('w1')
  expect((await rig.multi('stop', 'w2', ...options)).code).toBe(0)
  expect((await rig.multi('stop', 'w2', ...named)).code).toBe(0)
  const { code, stderr } = await rig.multi('stop', 'w2', '--time=80')
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean --timeout?') })
  await rig.multi('stopwait', 'w1')
})

test('a node without a --cmd, beside others that have one, does not become a Celery worker', async (context) => {
  const rig = rigFor(context)
  const env = fakeCelery(rig)
  const { code, stderr } = await rig.multi({ env }, 'start', 'z1', 'z2', '--cmd:z1', 'sleep 1000')
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('other nodes of the line have a --cmd, and z2 has none'),
  })
  expect(rig.processes()).toEqual([])
  const both = ['--cmd:z1', 'sleep 1000', '--kind:z2=celery', '--startsecs=0'] as const
  expect((await rig.multi({ env }, 'start', 'z1', 'z2', ...both)).code).toBe(0)
  expect((await rig.multi('stopwait')).code).toBe(0)
})

test('a new node does not write into the log of a namesake in another fleet', async (context) => {
  const rig = rigFor(context)
  const [a, b] = [join(rig.directory, 'a'), join(rig.directory, 'b')]
  for (const cwd of [a, b]) mkdirSync(cwd)
  const line = ['start', 'w1', ...rig.puppet, '--startsecs=0'] as const
  expect((await rig.multi({ cwd: a }, ...line, `--logfile=${a}/own.log`)).code).toBe(0)
  expect((await rig.multi({ cwd: a }, 'stopwait', 'w1')).code).toBe(0)
  expect((await rig.multi({ cwd: b }, ...line)).code).toBe(0)
  expect(rig.record('w1')?.logfile).toBe(join(rig.logs, 'w1.log'))
  expect((await rig.multi({ cwd: b }, 'stopwait')).code).toBe(0)
})

test('what was never started is said of what is down, and where the node of that name is', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1', `--pidfile=${rig.work}/w1.pid`)
  const elsewhere = await rig.multi('stopwait', 'w1', `--pidfile=${rig.run}/w1.pid`)
  expect(elsewhere.code).toBe(0)
  expect(elsewhere.stdout).toMatch(/w1@\S+: never started here; w1@\S+ is that of \S+work\/w1\.pid/)
  expect((await rig.multi('stop', '1-3')).stdout).toMatch(/1-3@\S+: never started here$/m)
  await rig.multi('stopwait')
})

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isRoot, NOBODY, rigFor, until } from '../rig/rig.ts'

test('a worker that dies at once: exit 1, its exit code and what it said', async (context) => {
  const rig = rigFor(context)
  const { code, stdout } = await rig.multi('start', 'w1', '--cmd', 'sh -c "echo boom >&2; exit 3"', '--startsecs=20')
  expect(code).toBe(1)
  expect(stdout).toMatch(/w1@\S+: FAILED: exited with code 3 before it was ready; see \S+\/w1\.log\n\t {2}\| boom\n/)
  expect(existsSync(rig.pidfile('w1'))).toBe(false)
})

test('a worker that a signal ends at once: exit 1, the signal', async (context) => {
  const rig = rigFor(context)
  const { code, stdout } = await rig.multi('start', 'w1', '--cmd', 'sh -c "kill -SEGV $$"', '--startsecs=20')
  expect(code).toBe(1)
  expect(stdout).toMatch(/FAILED: killed by SIGSEGV before it was ready/)
})

test('of what a dead worker said only this start is shown, not the ones before', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', '--cmd', 'sh -c "echo first; exit 1"', '--startsecs=20')
  const { stdout } = await rig.multi('start', 'w1', '--cmd', 'sh -c "echo second; exit 1"', '--startsecs=20')
  expect(stdout).toContain('| second')
  expect(stdout).not.toContain('| first')
  expect(rig.log('w1')).toBe('first\nsecond\n')
})

test('one node of three that dies does not keep the others from starting', async (context) => {
  const rig = rigFor(context)
  const command = `sh -c '[ %n != w2 ] || exit 7; exec sleep 1000'`
  const { code, stdout } = await rig.multi('start', 'w1', 'w2', 'w3', '--cmd', command, '--startsecs=3')
  expect(code).toBe(1)
  expect(stdout).toMatch(/w1@\S+: OK/)
  expect(stdout).toMatch(/w2@\S+: FAILED: exited with code 7/)
  expect(stdout).toMatch(/w3@\S+: OK/)
  expect((await rig.multi('stopwait')).code).toBe(0)
})

test('a program that is not there: exit 5, and where it was looked for', async (context) => {
  const rig = rigFor(context)
  const { code, stdout } = await rig.multi(
    { env: { PATH: '/usr/bin:/bin' } },
    'start',
    'w1',
    '--cmd',
    'no-such-program x',
  )
  expect(code).toBe(5)
  expect(stdout).toContain('cannot find no-such-program, tried /usr/bin/no-such-program, /bin/no-such-program')
  expect((await rig.multi('start', 'w1', '--cmd', './no-such-script')).stdout).toContain(
    join(rig.work, 'no-such-script'),
  )
})

test('a script whose interpreter is not there: exit 5, and it is the interpreter that is missing', async (context) => {
  const rig = rigFor(context)
  writeFileSync(join(rig.work, 'script'), '#!/no/such/interpreter\n', { mode: 0o755 })
  const { code, stdout } = await rig.multi('start', 'w1', '--cmd', './script')
  expect(code).toBe(5)
  expect(stdout).toMatch(/cannot find the interpreter of \S+\/script/)
})

test('a JavaScript module that is not there: exit 5, and where it was looked for', async (context) => {
  const rig = rigFor(context)
  const { code, stdout } = await rig.multi('start', 'w1', '-A', './no-such-app.mjs')
  expect(code).toBe(5)
  expect(stdout).toContain(join(rig.work, 'no-such-app.mjs'))
})

test('a module that the app itself misses: exit 1 with its log lines', async (context) => {
  const rig = rigFor(context)
  writeFileSync(join(rig.work, 'app.mjs'), "import 'no-such-package'\n")
  const { code, stdout } = await rig.multi('start', 'w1', '-A', './app.mjs')
  expect(code).toBe(1)
  expect(stdout).toMatch(/\| .*no-such-package/)
})

test('a missing working directory is told apart from a missing program', async (context) => {
  const rig = rigFor(context)
  const gone = join(rig.work, 'gone')
  const { code, stdout } = await rig.multi('start', 'w1', '--cmd', 'sleep 1000', `--workdir=${gone}`)
  expect(code).toBe(6)
  expect(stdout).toContain(`--workdir ${gone} is not there`)
  expect(stdout).not.toContain('cannot find')
})

test('a recorded working directory that is gone is told apart from a missing program', async (context) => {
  const rig = rigFor(context)
  const app = join(rig.work, 'app')
  mkdirSync(app)
  await rig.started('w1', `--workdir=${app}`)
  await rig.multi('stopwait', 'w1')
  rmdirSync(app)
  const { code, stdout } = await rig.multi('start', 'w1')
  expect(code).toBe(6)
  expect(stdout).toContain(`the working directory ${app} is not there`)
})

test('a pidfile directory that may not be written: exit 4, the path, nothing started', async (context) => {
  const rig = rigFor(context)
  const as = isRoot ? { uid: NOBODY } : {}
  const locked = join(isRoot ? rig.userDirectory(NOBODY) : rig.directory, 'locked')
  mkdirSync(locked)
  chmodSync(locked, 0o555)
  for (const path of [locked, join(locked, 'deeper')]) {
    const line = ['start', 'w1', ...rig.puppet, `--pidfile=${path}/%n.pid`]
    const { code, stdout } = await rig.multi({ ...as }, ...line)
    expect(code).toBe(4)
    expect(stdout).toContain(path)
    expect(stdout).toContain('--pidfile')
  }
  expect(rig.processes()).toEqual([])
})

test('a log that may not be written: exit 4, the path, nothing started', async (context) => {
  const rig = rigFor(context)
  const as = isRoot ? { uid: NOBODY } : {}
  const log = join(isRoot ? rig.userDirectory(NOBODY) : rig.directory, 'locked.log')
  writeFileSync(log, '')
  chmodSync(log, 0o444)
  const { code, stdout } = await rig.multi({ ...as }, 'start', 'w1', ...rig.puppet, `--logfile=${log}`)
  expect(code).toBe(4)
  expect(stdout).toContain(log)
  expect(rig.processes()).toEqual([])
})

test('an ordinary user starts, sees and stops workers without being root', async (context) => {
  const rig = rigFor(context)
  const as = isRoot ? { uid: NOBODY } : {}
  expect((await rig.multi({ ...as }, 'start', '2', ...rig.puppet, '--startsecs=0')).code).toBe(0)
  const status = await rig.multi({ ...as }, 'status')
  expect(status.code).toBe(0)
  expect(status.stdout).toContain('2 nodes: 2 running')
  expect((await rig.multi({ ...as }, 'stopwait')).code).toBe(0)
})

test('start of a running node with other options: exit 0, what differs, and the worker is left alone', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1', '-c', '2')
  const { code, stdout } = await rig.multi('start', 'w1', ...rig.puppet, '-c', '4')
  expect(code).toBe(0)
  expect(stdout).toContain(`already running, pid ${worker.pid}`)
  expect(stdout).toMatch(/started differently: .*-c 2/)
  expect(rig.processes().map(({ pid }) => pid)).toEqual([worker.pid])
  expect(worker.signals).toEqual([])
  await rig.multi('stopwait', 'w1')
})

test('restart of a running node with other options applies them', async (context) => {
  const rig = rigFor(context)
  const before = await rig.started('w1', '-c', '2')
  expect((await rig.multi('restart', 'w1', ...rig.puppet, '-c', '4', '--startsecs=0')).code).toBe(0)
  const after = await rig.worker('w1')
  expect(before.alive).toBe(false)
  expect(after.hello.argv.slice(2)).toEqual(['-c', '4'])
  await rig.multi('stopwait', 'w1')
})

test('a worker is in a session of its own, in the directory of the call, and knows its node and its files', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const { hello } = worker
  expect(hello.env).toMatchObject({
    MULTI_INDEX: '1',
    MULTI_PIDFILE: rig.pidfile('w1'),
    MULTI_LOGFILE: join(rig.logs, 'w1.log'),
  })
  expect(hello.cwd).toBe(rig.work)
  expect(rig.processes()).toMatchObject([{ pid: worker.pid, pgrp: worker.pid, session: worker.pid }])
  await rig.multi('stopwait', 'w1')
})

test('a worker that is not ready at --start-timeout: exit 1, its pid, left running', async (context) => {
  const rig = rigFor(context)
  const starting = rig.begin('start', 'w1', ...rig.puppet, '--startsecs=1000', '--start-timeout=1')
  const worker = await rig.worker('w1')
  const { code, stdout } = await starting.ended
  expect(code).toBe(1)
  expect(stdout).toContain(`still booting after 1.0 s (pid ${worker.pid}), left running`)
  expect(worker.alive).toBe(true)
  expect(worker.signals).toEqual([])
  await rig.multi('stopwait', 'w1')
})

test('--start-timeout with --then stop stops it, and waits until it is gone', async (context) => {
  const rig = rigFor(context)
  const line = ['start', 'w1', ...rig.puppet, '--startsecs=1000', '--start-timeout=15', '--then=stop']
  const starting = rig.begin(...line)
  const worker = await rig.worker('w1')
  const { code, stdout } = await starting.ended
  expect(code).toBe(1)
  expect(stdout).toContain('stopped by multi')
  expect(worker.signals).toEqual(['SIGTERM'])
  expect(worker.alive).toBe(false)
})

test('INT ends a start, not the worker: exit 130, how things stand, and the same command finishes', async (context) => {
  const rig = rigFor(context)
  const starting = rig.begin('start', 'w1', ...rig.puppet, '--startsecs=1000')
  const worker = await rig.worker('w1')
  await until(() => rig.record('w1')?.launch !== undefined, 'the start to be recorded')
  starting.kill('SIGINT')
  const { code, stdout } = await starting.ended
  expect(code).toBe(130)
  expect(stdout).toContain(`interrupted, left starting (pid ${worker.pid})`)
  const again = rig.begin('start', 'w1', ...rig.puppet, '--startsecs=1000', '--start-timeout=0.5')
  expect((await again.ended).stdout).toContain(`still booting after 0.5 s (pid ${worker.pid})`)
  expect(worker.signals).toEqual([])
  await rig.multi('stopwait', 'w1')
})

test('C_FAKEFORK=1: start stays, workers write to its output, and it ends with them', async (context) => {
  const rig = rigFor(context)
  const staying = rig.begin(
    { env: { C_FAKEFORK: '1' } },
    '--verbose',
    'start',
    'w1',
    'w2',
    ...rig.puppet,
    '--startsecs=0',
  )
  const [one, two] = [await rig.worker('w1'), await rig.worker('w2')]
  await staying.waitFor(/w2@\S+: OK/)
  await one.print('hello from the worker\n')
  await staying.waitFor(/hello from the worker/)
  await one.exit(0)
  expect(staying.finished).toBeUndefined()
  await two.exit(0)
  expect((await staying.ended).code).toBe(0)
  expect(rig.log('w1')).toBe('')
  expect(existsSync(rig.pidfile('w1'))).toBe(false)
})

test('C_FAKEFORK=1: an INT is handed on to the workers, once', async (context) => {
  const rig = rigFor(context)
  const staying = rig.begin({ env: { C_FAKEFORK: '1' } }, 'start', 'w1', ...rig.puppet, '--startsecs=0')
  const worker = await rig.worker('w1')
  await staying.waitFor(/w1@\S+: OK/)
  await worker.on('SIGINT', 'stay')
  staying.kill('SIGINT')
  await worker.got('SIGINT')
  expect(staying.finished).toBeUndefined()
  await worker.exit(0)
  expect((await staying.ended).code).toBe(0)
  expect(worker.signals).toEqual(['SIGINT'])
})

test('C_FAKEFORK=1: of workers that end together each is known by what it ended', async (context) => {
  const rig = rigFor(context)
  const nodes = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6']
  for (let round = 0; round < 5; round++) {
    const staying = rig.begin({ env: { C_FAKEFORK: '1' } }, 'start', ...nodes, '--cmd', 'sleep 1000', '--startsecs=0')
    await until(() => nodes.every((node) => staying.stdout.includes(`${node}@`) && rig.readPid(node)), 'all to be up')
    staying.kill('SIGTERM')
    const { code, stdout } = await staying.ended
    expect([code, stdout.match(/ended by SIGTERM/g)?.length]).toEqual([1, nodes.length])
  }
})

test('C_FAKEFORK=1: a worker that exits badly is a failure, and named', async (context) => {
  const rig = rigFor(context)
  const staying = rig.begin({ env: { C_FAKEFORK: '1' } }, 'start', 'w1', ...rig.puppet, '--startsecs=0')
  const worker = await rig.worker('w1')
  await staying.waitFor(/w1@\S+: OK/)
  await worker.exit(3)
  const { code, stdout } = await staying.ended
  expect(code).toBe(1)
  expect(stdout).toMatch(/w1@\S+: ended with exit code 3/)
})

test('C_FAKEFORK=1: a worker that was restarted elsewhere is left alone when the command ends', async (context) => {
  const rig = rigFor(context)
  const staying = rig.begin({ env: { C_FAKEFORK: '1' } }, 'start', 'w1', 'w2', ...rig.puppet, '--startsecs=0')
  const first = await rig.worker('w1')
  await staying.waitFor(/w1@\S+: OK/)
  await staying.waitFor(/w2@\S+: OK/)
  expect((await rig.multi('restart', 'w1')).code).toBe(0)
  const second = await rig.puppets.find(
    ({ hello, pid }) => pid !== first.pid && hello.node?.startsWith('w1@') === true,
    'the next worker of w1',
  )
  await rig.multi('stopwait', 'w2')
  expect((await staying.ended).code).toBe(0)
  expect(second.alive).toBe(true)
  expect(second.signals).toEqual([])
  expect(rig.record('w1')?.wanted).toBe('up')
  await rig.multi('stopwait', 'w1')
})

test('C_FAKEFORK=1: interrupted while they boot, it takes its workers down with it', async (context) => {
  const rig = rigFor(context)
  const staying = rig.begin({ env: { C_FAKEFORK: '1' } }, 'start', 'w1', 'w2', ...rig.puppet, '--startsecs=60')
  const [one, two] = [await rig.worker('w1'), await rig.worker('w2')]
  await until(() => rig.record('w1')?.launch && rig.record('w2')?.launch, 'both to be recorded')
  await one.on('SIGTERM', 'stay')
  staying.kill('SIGTERM')
  await one.got('SIGTERM')
  await two.gone()
  expect(staying.finished).toBeUndefined()
  await one.exit(0)
  const { code, stdout } = await staying.ended
  expect(code).toBe(130)
  expect(stdout).toContain(`interrupted while starting (pid ${one.pid}); its worker is interrupted, too`)
  expect([one.signals, two.signals]).toEqual([['SIGTERM'], ['SIGTERM']])
  expect(existsSync(rig.pidfile('w1'))).toBe(false)
})

test('C_FAKEFORK=1: what a worker leaves is waited for, which is said, until a further INT', async (context) => {
  const rig = rigFor(context)
  const staying = rig.begin({ env: { C_FAKEFORK: '1' } }, 'start', 'w1', ...rig.puppet, '--startsecs=0')
  const worker = await rig.worker('w1')
  await staying.waitFor(/w1@\S+: OK/)
  const child = await worker.fork({ stays: true })
  staying.kill('SIGINT')
  await worker.gone()
  await child.got('SIGTERM')
  await staying.waitFor(/Waiting for 1 node/)
  staying.kill('SIGINT')
  await staying.waitFor(/interrupted, left draining/)
  expect(child.alive).toBe(true)
  await child.exit()
  expect((await staying.ended).code).toBe(130)
})

test('C_FAKEFORK=1: a worker that dies at once is not given what an earlier one logged as its last words', async (context) => {
  const rig = rigFor(context)
  const before = ['--cmd', "sh -c 'echo words of before; exit 3'", '--startsecs=20']
  expect((await rig.multi('start', 'w1', ...before)).stdout).toContain('| words of before')
  const now = ['--cmd', "sh -c 'echo words of now; exit 3'", '--startsecs=20']
  const { code, stdout } = await rig.multi({ env: { C_FAKEFORK: '1' } }, 'start', 'w1', ...now)
  expect(code).toBe(1)
  expect(stdout).toContain('words of now')
  expect(stdout).not.toContain('words of before')
})

/** Every descriptor that a process has open; of one that opens none itself, those that it was started with. */
const descriptorsOf = (pid: number): Record<string, string> =>
  Object.fromEntries(readdirSync(`/proc/${pid}/fd`).map((fd) => [fd, readlinkSync(`/proc/${pid}/fd/${fd}`)]))

test.skipIf(!existsSync('/bin/bash'))(
  'a worker has its log and nothing that its caller had open: fd 200 is closed',
  async (context) => {
    const rig = rigFor(context)
    // The reader of that pipe ends as soon as nobody has it open for writing any more.
    const under = ['/bin/bash', '-c', 'exec 200> >(cat > /dev/null; touch closed) 9< /dev/null; exec "$@"', 'bash']
    expect((await rig.multi({ under }, 'start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0.2')).code).toBe(0)
    const log = join(rig.logs, 'w1.log')
    await until(() => existsSync(join(rig.work, 'closed')), 'the pipe to be closed while the worker runs')
    expect(descriptorsOf(rig.readPid('w1') ?? 0)).toEqual({ 0: '/dev/null', 1: log, 2: log })
    await rig.multi('stopwait', 'w1')
    rig.expectLeftovers() // The sleep that read from the caller's pipe.
  },
)

test('a log behind a symlink is followed for one’s own worker', async (context) => {
  const rig = rigFor(context)
  const real = join(rig.work, 'real.log')
  symlinkSync(real, join(rig.logs, 'w1.log'))
  const worker = await rig.started('w1')
  await worker.print('through the link\n')
  await rig.multi('stopwait', 'w1')
  expect(readFileSync(real, 'utf8')).toBe('through the link\n')
})

test('a FIFO in the place of the log, or of the audit log, holds nobody up: with a reader it is written to, without one that is said', async (context) => {
  const rig = rigFor(context)
  const log = join(rig.logs, 'w1.log')
  spawnSync('mkfifo', [log, join(rig.work, 'audit')])
  const refused = await rig.multi('start', 'w1', '--cmd', 'sleep 1000')
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain('nobody reads there')
  expect(rig.processes()).toEqual([])
  const reader = rig.program(['cat', log])
  const line = ['start', 'w1', '--cmd', 'sh -c "echo hello; exec sleep 1000"', '--audit-log=audit'] as const
  const started = await until(async () => {
    const answer = await rig.multi(...line)
    return answer.code === 0 && answer
  }, 'the reader to be there')
  expect(started.stdout).toContain('audit log audit could not be written: ENXIO')
  await reader.waitFor(/hello/)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect((await reader.ended).code).toBe(0)
})

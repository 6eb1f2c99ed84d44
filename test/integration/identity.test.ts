import { spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { expect, test } from 'vitest'
import {
  isRoot,
  MULTI,
  NOBODY,
  processOf,
  type Rig,
  type Running,
  rigFor,
  until,
  whileNothingHappens,
} from '../rig/rig.ts'
import { type AtCall, atCall } from './support/at-call.ts'
import { lacks } from './support/lacks.ts'

/** No command may signal `pid`, each says why it does not, and a start goes on. */
async function expectUntouched(rig: Rig, pidfile: string, why: RegExp, alive: () => boolean): Promise<void> {
  const putBack = (): void => {
    writeFileSync(rig.pidfile('w1'), pidfile)
    const longAgo = new Date(Date.now() - 3_600_000)
    if (rejuvenated.test(String(why))) utimesSync(rig.pidfile('w1'), longAgo, longAgo)
  }
  putBack()
  const status = await rig.multi('status', 'w1', '--json')
  expect(status.code).toBe(1)
  expect(status.json()).toMatchObject([{ state: 'stale', note: expect.stringMatching(why) as string }])
  for (const verb of ['stop', 'stopwait', 'kill']) {
    putBack()
    const { code, stdout } = await rig.multi(verb, 'w1')
    expect(code).toBe(0)
    expect(stdout).toMatch(/w1@\S+: DOWN/)
    expect(stdout).toMatch(/removed a stale pidfile: /)
    expect(stdout).toMatch(why)
    expect(existsSync(rig.pidfile('w1'))).toBe(false)
    expect(alive()).toBe(true)
  }
  putBack()
  const started = await rig.multi('start', 'w1', ...rig.puppet, '--startsecs=0')
  expect(started.code).toBe(0)
  expect(started.stdout).toMatch(/removed a stale pidfile: /)
  expect(started.stdout).toMatch(why)
  expect(alive()).toBe(true)
  await rig.multi('stopwait', 'w1')
  expect(alive()).toBe(true)
}

const rejuvenated = /younger/

test('a pidfile with the pid of a live stranger', async (context) => {
  const rig = rigFor(context)
  const stranger = rig.bystander()
  await expectUntouched(rig, `${stranger.pid}\n`, /a stranger \(sleep 1000\)/, () => rig.alive(stranger.pid))
})

test('a pidfile with a recycled pid: the process is younger than the file', async (context) => {
  const rig = rigFor(context)
  const stranger = rig.bystander()
  await expectUntouched(rig, `${stranger.pid}\n`, /a stranger \(it is younger than the pidfile\)/, () =>
    rig.alive(stranger.pid),
  )
})

test('a pidfile with pid 1', async (context) => {
  const rig = rigFor(context)
  await expectUntouched(rig, '1\n', /pid 1, which is the init process/, () => true)
})

test.runIf(isRoot && kthreadd())('a pidfile with the pid of a kernel thread', async (context) => {
  const rig = rigFor(context)
  await expectUntouched(rig, '2\n', /pid 2, a stranger \(a kernel thread\)/, () => kthreadd())
})

/** Not in a container, whose pid 2 may be anybody. */
function kthreadd(): boolean {
  return existsSync('/proc/2/comm') && readFileSync('/proc/2/comm', 'utf8') === 'kthreadd\n'
}

test('a pidfile with the pid of someone who is gone', async (context) => {
  const rig = rigFor(context)
  const gone = rig.bystander()
  gone.kill('SIGKILL')
  await gone.ended
  await expectUntouched(rig, `${gone.pid}\n`, /which is gone/, () => true)
})

test.for([
  ['nothing', '', /the pidfile is empty/],
  ['garbage', 'not a pid\n', /the pidfile holds no pid/],
  ['a negative number, which would be a group', '-1\n', /the pidfile holds no pid/],
  ['zero, which would be our own group', '0\n', /the pidfile holds no pid/],
  ['more than a pid', '1 2 3\n', /the pidfile holds no pid/],
  ['a number that no pid can be', '99999999\n', /the pidfile holds no pid/],
] as const)('a pidfile that holds %s', async ([, text, why], context) => {
  const rig = rigFor(context)
  await expectUntouched(rig, text, why, () => true)
})

test.for([
  ['a module', Buffer.from('import { Worker } from "bullmq"\n\nexport default new Worker("images")\n')],
  ['a picture', Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb', 'hex')],
  ['the pidfile of another program', Buffer.from('4194300\n/var/lib/postgresql/data\n')],
] as const)('--pidfile with %s in it: no command removes or replaces it', async ([, content], context) => {
  const rig = rigFor(context)
  const file = `${rig.work}/file`
  writeFileSync(file, content)
  const app = `${rig.work}/app.mjs`
  writeFileSync(app, 'export default { start() {} }\n')
  const starts = [
    [...rig.puppet, '--startsecs=0'],
    ['-A', app],
  ].map((worker) => ['start', ...worker])
  for (const [verb = '', ...words] of [['stop'], ['stopwait'], ['kill'], ['restart', ...rig.puppet], ...starts]) {
    const { code, stdout } = await rig.multi(verb, 'w1', ...words, '-p', file)
    expect(code).toBe(4)
    expect(stdout).toContain(`${file} names this worker: the file is no pidfile (name another with --pidfile`)
    expect(stdout).toContain('it is left alone')
    expect(readFileSync(file)).toEqual(content)
  }
  expect((await rig.multi('status', 'w1', '-p', file)).stdout).toMatch(/unknown.*the file is no pidfile/)
  const host = await rig.multi('worker', '-A', app, '-p', file)
  expect(host.code).not.toBe(0)
  expect(host.stdout + host.stderr).toContain('is no pidfile: it is left alone')
  expect(readFileSync(file)).toEqual(content)
})

test('a pidfile with the pid of the command itself', async (context) => {
  const rig = rigFor(context)
  // exec keeps the pid: the shell knows beforehand which one the command will have.
  for (const verb of ['status', 'stop', 'stopwait', 'kill', 'start']) {
    const script = `echo $$ > ${rig.pidfile('w1')}; exec "$@"`
    const words = [process.execPath, MULTI, verb, 'w1', ...(verb === 'start' ? [...rig.puppet, '--startsecs=0'] : [])]
    const { code, signal, stdout } = await rig.program(['sh', '-c', script, 'sh', ...words]).ended
    expect({ code, signal }).toEqual({ code: verb === 'status' ? 1 : 0, signal: null })
    expect(stdout).toContain('which is this very command')
  }
  await rig.multi('stopwait', 'w1')
})

test.runIf(isRoot)(
  'a pidfile of another user’s that names somebody else’s process: root does not signal it',
  async (context) => {
    const rig = rigFor(context)
    const victim = rig.bystander()
    writeFileSync(rig.pidfile('w1'), `${victim.pid}\n`)
    chownSync(rig.pidfile('w1'), NOBODY, NOBODY)
    const { code, stdout } = await rig.multi('kill', 'w1')
    expect(code).toBe(0)
    expect(stdout).not.toContain('Sending KILL')
    expect(rig.alive(victim.pid)).toBe(true)
  },
)

test.runIf(isRoot)(
  'a pidfile of ours that names another user’s process: not signalled, and start goes on',
  async (context) => {
    const rig = rigFor(context)
    const own = rig.userDirectory(NOBODY)
    const victim = rig.bystander()
    writeFileSync(`${own}/run/w1.pid`, `${victim.pid}\n`)
    chownSync(`${own}/run/w1.pid`, NOBODY, NOBODY)
    const { code, stdout } = await rig.multi({ uid: NOBODY }, 'start', 'w1', ...rig.puppet, '--startsecs=0')
    expect(code).toBe(0)
    expect(stdout).toContain('of another user than the pidfile')
    expect(rig.alive(victim.pid)).toBe(true)
    expect((await rig.multi({ uid: NOBODY }, 'stopwait', 'w1')).code).toBe(0)
    expect(rig.alive(victim.pid)).toBe(true)
  },
)

test.runIf(isRoot)(
  'a record of another user’s that names somebody else’s process: root does not signal it',
  async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started('w1')
    chownSync(rig.recordFile('w1'), NOBODY, NOBODY)
    for (const verb of ['stop', 'kill']) {
      const { code, stdout } = await rig.multi(verb, 'w1')
      expect(code).toBe(4)
      expect(stdout).toContain('belongs to another user')
    }
    await whileNothingHappens()
    expect(worker.signals).toEqual([])
    expect(worker.alive).toBe(true)
    chownSync(rig.recordFile('w1'), 0, 0)
    await rig.multi('stopwait', 'w1')
  },
)

test('a pidfile that is a directory, a symlink or a FIFO: not ours to read or remove, exit 4', async (context) => {
  const rig = rigFor(context)
  const pidfile = rig.pidfile('w1')
  const stranger = rig.bystander()
  writeFileSync(`${rig.work}/real.pid`, `${stranger.pid}\n`)
  const blocks = [
    async () => mkdirSync(pidfile),
    async () => symlinkSync(`${rig.work}/real.pid`, pidfile),
    async () => void (await rig.program(['mkfifo', pidfile]).ended),
  ]
  for (const block of blocks) {
    await block()
    for (const line of [['start', ...rig.puppet], ['stopwait'], ['kill']]) {
      const [verb = '', ...options] = line
      const { code, stdout } = await rig.multi(verb, 'w1', ...options)
      expect(code).toBe(4)
      expect(stdout).toContain('stands where the pidfile should be')
    }
    expect((await rig.multi('status', 'w1')).code).toBe(4)
    expect(lstatSync(pidfile)).toBeDefined()
    rmSync(pidfile, { recursive: true })
  }
  expect(rig.alive(stranger.pid)).toBe(true)
  expect(rig.puppets.all).toEqual([])
})

/** A node whose worker died, its record as `change` leaves it; but for that change it would prove a live stranger to be the worker. */
async function withRecord(rig: Rig, change: (text: string) => string): Promise<number> {
  await (await rig.started('w1')).die()
  const stranger = rig.bystander()
  const ticks = processOf(stranger.pid)?.startTicks
  const text = readFileSync(rig.recordFile('w1'), 'utf8')
  const identity = `"pid":${stranger.pid},"startTicks":${ticks}`
  writeFileSync(rig.recordFile('w1'), change(text.replace(/"pid":\d+,"startTicks":\d+/, identity)))
  writeFileSync(rig.pidfile('w1'), `${stranger.pid}\n`)
  return stranger.pid
}

test.for([
  [
    'of another boot',
    (text: string) => text.replace(/"bootId":"[^"]*"/, '"bootId":"another-boot"'),
    /its worker ran before the machine was booted/,
  ],
  [
    'of another pid namespace',
    (text: string) => text.replace(/"pidNamespace":"[^"]*"/, '"pidNamespace":"pid:[1]"'),
    /its worker ran in another container/,
  ],
  [
    'whose pid was given to somebody else',
    (text: string) => text.replace(/"startTicks":\d+/, '"startTicks":1'),
    /a stranger/,
  ],
  ['of an older format', (text: string) => text.replace('"v":1', '"v":0'), /record is of format 0/],
  ['of a newer format', (text: string) => text.replace('"v":1', '"v":2'), /record is of format 2/],
  ['that is torn', (text: string) => text.slice(0, 200), /record is torn/],
  ['that is empty', () => '', /record is empty/],
  ['that is another JSON value', () => '[null]\n', /record/],
] as const)('a record %s: nobody is signalled, and start goes on', async ([, change, said], context) => {
  const rig = rigFor(context)
  const stranger = await withRecord(rig, change)
  const record = readFileSync(rig.recordFile('w1'))
  const { code: lsb, stdout: seen } = await rig.multi('status', 'w1')
  expect(lsb).toBe(1)
  expect(seen).toMatch(/stale/)
  expect(seen).toMatch(said)
  for (const verb of ['stop', 'stopwait', 'kill']) {
    const asked = await rig.multi(verb, 'w1')
    expect(asked.code).toBe(0)
    expect(asked.stdout).toContain('removed a stale pidfile')
    expect(rig.alive(stranger)).toBe(true)
    writeFileSync(rig.recordFile('w1'), record)
    writeFileSync(rig.pidfile('w1'), `${stranger}\n`)
  }
  const { code, stdout } = await rig.multi('start', 'w1', ...rig.puppet, '--startsecs=0')
  expect(code).toBe(0)
  expect(stdout).toContain('removed a stale pidfile')
  const worker = await rig.worker('w1')
  expect(rig.record('w1')?.launch?.identity.pid).toBe(worker.pid)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(rig.alive(stranger)).toBe(true)
})

test.for([
  ['of another format', (text: string) => text.replace('"v":1', '"v":0'), /record is of format 0/],
  ['that is torn', (text: string) => text.slice(0, 200), /record is torn/],
  ['that is empty', () => '', /record is empty/],
] as const)(
  'a record %s is named by status and by start, also where there is no pidfile',
  async ([, change, why], context) => {
    const rig = rigFor(context)
    await rig.started('w1')
    await rig.multi('stopwait', 'w1')
    writeFileSync(rig.recordFile('w1'), change(readFileSync(rig.recordFile('w1'), 'utf8')))
    expect((await rig.multi('status', 'w1')).stdout).toMatch(why)
    const { code, stdout } = await rig.multi('start', 'w1', ...rig.puppet, '--startsecs=0')
    expect(code).toBe(0)
    expect(stdout).toMatch(why)
    await rig.multi('stopwait', 'w1')
  },
)

test('a running worker whose record is torn is still known by its pidfile, and stopped', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  writeFileSync(rig.recordFile('w1'), '{"v":1,')
  expect((await rig.multi('start', 'w1', ...rig.puppet)).stdout).toContain(`already running, pid ${worker.pid}`)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
})

test('a running worker whose pidfile was removed is still known by its record, and stopped', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  rmSync(rig.pidfile('w1'))
  expect((await rig.multi('status', 'w1')).code).toBe(0)
  expect((await rig.multi('start', 'w1')).stdout).toContain(`already running, pid ${worker.pid}`)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
})

test('a directory in the place of the record: exit 4, said plainly, and nobody is signalled or started', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const record = readFileSync(rig.recordFile('w1'))
  rmSync(rig.recordFile('w1'))
  mkdirSync(rig.recordFile('w1'))
  for (const verb of ['start', 'stop', 'kill', 'status']) {
    const { code, stdout } = await rig.multi(verb, 'w1', ...(verb === 'start' ? rig.puppet : []))
    expect(code).toBe(4)
    expect(stdout).toContain('a directory stands where the record should be')
  }
  expect(rig.processes().map(({ pid }) => pid)).toEqual([worker.pid])
  expect(worker.signals).toEqual([])
  rmSync(rig.recordFile('w1'), { recursive: true })
  writeFileSync(rig.recordFile('w1'), record)
  await rig.multi('stopwait', 'w1')
})

test('a worker that rewrites its title is known and stopped all the same', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.retitle('something else')
  expect((await rig.multi('status', 'w1', '--json')).json()).toMatchObject([{ state: 'running', pid: worker.pid }])
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
})

test('a worker that rewrites its title, without a record: by its environment', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.retitle('something else')
  rmSync(rig.recordFile('w1'))
  expect((await rig.multi('status', 'w1', '--json')).json()).toMatchObject([{ state: 'running', pid: worker.pid }])
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
})

/** Own pid namespace, in which the next pid can be chosen. */
const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child=KILL', '--'] as const

const hasNamespaces = isRoot && spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true']).status === 0

test('a pid that the kernel gave to somebody else: neither signalled nor taken for the worker', async (context) => {
  if (!hasNamespaces) lacks(context, 'needs root and a pid namespace of its own')
  const rig = rigFor(context)
  const script = `
    set -e
    multi() { "${process.execPath}" "${MULTI}" "$@"; }
    multi start w1 --startsecs=0 --cmd 'sleep 1000' >&2
    pid=$(cat "$MULTI_RUN_DIR/w1.pid")
    born=$(cut -d ' ' -f 22 "/proc/$pid/stat")
    kill -9 "$pid"
    while kill -0 "$pid" 2>/dev/null; do :; done
    # Within one tick of 10 ms no kernel comes round to the same pid, unless it is made to as here.
    until [ "$(cut -d ' ' -f 22 /proc/self/stat)" -gt "$born" ]; do :; done
    echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid || { echo 'skip: the next pid cannot be chosen'; exit 0; }
    sleep 2000 & stranger=$!
    [ "$stranger" = "$pid" ] || { echo "skip: got $stranger for $pid"; exit 0; }
    for verb in status stop stopwait kill; do multi $verb w1 >&2 || :; echo "$pid" > "$MULTI_RUN_DIR/w1.pid"; done
    kill -0 "$stranger" && echo 'the stranger lives'
    multi start w1 --startsecs=0 >&2
    [ "$(cat "$MULTI_RUN_DIR/w1.pid")" != "$pid" ] && echo 'another worker runs'
    multi stopwait w1 >&2
    kill -0 "$stranger" && echo 'the stranger still lives'
    kill -9 "$stranger"
  `
  const { code, stdout } = await rig.program([...NAMESPACE, 'bash', '-c', script]).ended
  if (stdout.startsWith('skip: the next pid')) lacks(context, stdout)
  if (stdout.startsWith('skip: ')) return context.skip(stdout)
  expect(stdout).toBe('the stranger lives\nanother worker runs\nthe stranger still lives\n')
  expect(code).toBe(0)
})

/** Begins a command that suspends itself in the middle of a change to a node, while it holds the right to it. */
async function begunAndSuspended(rig: Rig, at: AtCall, ...line: [string, ...string[]]): Promise<Running> {
  const running = rig.begin({ env: atCall(at) }, ...line)
  await until(() => processOf(running.pid)?.state === 'T', 'the command to suspend itself')
  expect(readdirSync(rig.run).some((name) => name.includes('.multi.claim.'))).toBe(true)
  return running
}

test('a multi that is suspended longer than its lock lasts: no worker is double or lost, and the next command finishes', async (context) => {
  const rig = rigFor(context)
  const line = ['start', '40', '--cmd', 'sleep 1000', '--startsecs=0'] as const
  const suspended = await begunAndSuspended(rig, 'STOP spawn+', ...line)
  const other = await rig.multi(...line, '--wait-lock=6')
  expect(other.code).toBe(75)
  expect(other.stdout).toMatch(new RegExp(`FAILED: another multi \\(pid ${suspended.pid}\\)`))
  process.kill(suspended.pid, 'SIGCONT')
  await suspended.ended
  expect((await rig.multi(...line)).code).toBe(0)
  const nodes = Array.from({ length: 40 }, (_, at) => `celery${at + 1}`)
  const pids = nodes.map((node) => rig.readPid(node))
  expect(new Set(rig.processes().map(({ pid }) => pid))).toEqual(new Set(pids))
  expect(rig.processes()).toHaveLength(40)
  expect((await rig.multi('status')).stdout).toContain('40 nodes: 40 running')
  expect((await rig.multi('stopwait')).code).toBe(0)
})

test.for([
  ['before its first TERM', 'STOP kill'],
  ['after its first TERM', 'STOP kill+'],
] as const)(
  'a stopwait that is suspended %s, while another one works: no worker gets a second TERM',
  async ([, at], context) => {
    const rig = rigFor(context)
    const nodes = Array.from({ length: 12 }, (_, at) => `celery${at + 1}`)
    await rig.multi('start', '12', ...rig.puppet, '--startsecs=0')
    const workers = await Promise.all(nodes.map((node) => rig.worker(node)))
    for (const worker of workers) await worker.on('SIGTERM', 'stay')
    const suspended = await begunAndSuspended(rig, at, 'stopwait')
    const other = rig.begin('stopwait', '--wait-lock=6')
    await other.waitFor(/Waiting for/)
    process.kill(suspended.pid, 'SIGCONT')
    for (const worker of workers) await worker.got('SIGTERM')
    // A second TERM would come soon, if it came.
    await whileNothingHappens(1500)
    expect(workers.map(({ signals }) => signals)).toEqual(workers.map(() => ['SIGTERM']))
    await Promise.all(workers.map((worker) => worker.exit()))
    expect((await suspended.ended).code).toBe(0)
    expect([0, 75]).toContain((await other.ended).code)
  },
)

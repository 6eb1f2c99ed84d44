import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'

const running = async (rig: Rig, ...line: string[]): Promise<string> =>
  (await rig.multi('status', ...line)).stdout.split('\n').at(-2) ?? ''

test('after `start 3`, status, restart and stopwait without nodes mean exactly those', async (context) => {
  const rig = rigFor(context)
  expect((await rig.multi('start', '3', ...rig.puppet, '--startsecs=0')).code).toBe(0)
  const first = await Promise.all(['celery1', 'celery2', 'celery3'].map((node) => rig.worker(node)))
  expect(await running(rig)).toBe('3 nodes: 3 running')
  const restarted = await rig.multi('restart', '--startsecs=0')
  expect(restarted.code).toBe(0)
  expect(restarted.stdout.match(/Restarting node celery[123]@\S+: OK/g)).toHaveLength(3)
  expect(first.map(({ signals, alive }) => ({ signals, alive }))).toEqual(
    first.map(() => ({ signals: ['SIGTERM'], alive: false })),
  )
  expect(await running(rig)).toBe('3 nodes: 3 running')
  expect((await rig.multi('stopwait')).code).toBe(0)
  expect(await running(rig)).toBe('3 nodes: 3 stopped')
})

test('a bare start brings back what should be up and is not, and leaves the rest alone', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', '3', ...rig.puppet, '--startsecs=0')
  const [one, two] = [await rig.worker('celery1'), await rig.worker('celery2')]
  await rig.multi('stopwait', 'celery3')
  await one.die()
  const { code, stdout } = await rig.multi('start', '--startsecs=0')
  expect(code).toBe(0)
  expect(stdout).toContain(`already running, pid ${two.pid}`)
  expect(rig.readPid('celery1')).not.toBe(one.pid)
  expect(rig.readPid('celery3')).toBeUndefined()
  expect(two.signals).toEqual([])
  await rig.multi('stopwait')
})

test('a node that is named in another way than by a plain word does not mean the whole fleet', async (context) => {
  const rig = rigFor(context)
  expect((await rig.multi('start', '2', ...rig.puppet, '--startsecs=0')).code).toBe(0)
  const workers = await Promise.all(['celery1', 'celery2'].map((node) => rig.worker(node)))
  const one = [['-n', 'celery1'], ['--name=celery1'], [`--pidfile=${rig.pidfile('celery1')}`]] as const
  for (const verb of ['stop', 'stopwait', 'kill', 'restart', 'quiet', 'resume', 'status'] as const) {
    // What is not known goes to the workers of a restart.
    for (const line of verb === 'restart' ? [one[0], one[2]] : [...one, ['--', 'celery1']]) {
      const { code, stdout, stderr } = await rig.multi(verb, ...line)
      expect({ verb, line, code, stdout }).toEqual({ verb, line, code: 2, stdout: '' })
      expect(stderr).toContain(`no node is named, and ${line[0]} alone names none`)
    }
  }
  expect(workers.map(({ signals, alive }) => ({ signals, alive }))).toEqual(
    workers.map(() => ({ signals: [], alive: true })),
  )
  expect((await rig.multi('stopwait')).code).toBe(0)
})

test('a bare command from another directory means the only fleet that there is', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  expect((await rig.multi({ cwd: '/' }, 'stopwait')).code).toBe(0)
  expect(worker.alive).toBe(false)
})

test('a bare command names the nodes whose records were spoilt, and how to reach them', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', 'w2', ...rig.puppet, '--startsecs=0')
  const spoilt = await rig.worker('w2')
  writeFileSync(rig.recordFile('w2'), '{"v":')
  const said = `the node of ${rig.pidfile('w2')} is passed over, because the record is torn: name it with --pidfile`
  for (const line of [['status'], ['status', '--json'], ['stopwait', '--quiet']] as const) {
    const { code, stdout, stderr } = await rig.multi(...line)
    // Not 0: an init script would believe that all is down.
    expect({ code, said: (stdout + stderr).includes(said) }).toEqual({ code: 4, said: true })
  }
  expect(spoilt.signals).toEqual([])
  expect((await rig.multi('stopwait', 'w2', `--pidfile=${rig.pidfile('w2')}`)).code).toBe(0)
  expect(spoilt.signals).toEqual(['SIGTERM'])
})

test('a bare command does not take another fleet for the one whose records were spoilt', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  const elsewhere = join(rig.directory, 'elsewhere')
  mkdirSync(elsewhere)
  await rig.multi({ cwd: elsewhere }, 'start', 'other', ...rig.puppet, '--startsecs=0')
  const other = await rig.worker('other')
  const whole = readFileSync(rig.recordFile('w1'))
  writeFileSync(rig.recordFile('w1'), '{')
  for (const verb of ['stopwait', 'kill', 'restart', 'status']) {
    const { code, stderr } = await rig.multi(verb)
    expect(code).toBe(2)
    expect(stderr).toContain(`no node is named, and that of ${rig.pidfile('w1')} may be of this fleet`)
  }
  expect({ alive: other.alive, signals: other.signals }).toEqual({ alive: true, signals: [] })
  writeFileSync(rig.recordFile('w1'), whole)
  expect((await rig.multi('stopwait', '--all')).code).toBe(0)
})

test('a bare command where nothing was ever started: exit 2, and what to do', async (context) => {
  const rig = rigFor(context)
  for (const verb of ['start', 'stop', 'stopwait', 'restart', 'kill', 'status']) {
    const { code, stderr } = await rig.multi(verb)
    expect(code).toBe(2)
    expect(stderr).toContain('no node is named, and none was ever started')
  }
})

/** The same name in two directories, each with a pidfile of its own. */
async function namesakes(rig: Rig) {
  const [a, b] = [join(rig.directory, 'a'), join(rig.directory, 'b')]
  for (const cwd of [a, b]) {
    mkdirSync(cwd)
    const line = ['start', 'w1', ...rig.puppet, '--startsecs=0', '--pidfile=%n.pid', '--logfile=%n.log']
    expect((await rig.multi({ cwd }, ...line)).code).toBe(0)
  }
  const ofFleet = (cwd: string) => rig.puppets.find(({ hello }) => hello.cwd === cwd, `the worker in ${cwd}`)
  return { a, b, inA: await ofFleet(a), inB: await ofFleet(b) }
}

test('a node of another host is not the one whose default pidfile it would have', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1@a')
  for (const line of [
    ['stopwait', 'w1@b'],
    ['kill', 'w1', '-n', 'b'],
    ['status', 'w1@b'],
    ['forget', 'w1@b'],
    ['restart', 'w1@b'],
    ['start', 'w1@b', ...rig.puppet],
  ]) {
    const { code, stderr } = await rig.multi(...line)
    expect({ line, code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('w1@b would have the pidfile of w1@a'),
    })
  }
  expect({ alive: worker.alive, signals: worker.signals }).toEqual({ alive: true, signals: [] })
  const beside = await rig.multi('start', 'w1@b', ...rig.puppet, '--startsecs=0', `--pidfile=${rig.run}/%h.pid`)
  expect(beside.code).toBe(0)
  expect((await rig.multi('stopwait')).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
})

test('one name in two fleets: in its directory it means its own', async (context) => {
  const rig = rigFor(context)
  const { a, b, inA, inB } = await namesakes(rig)
  expect((await rig.multi({ cwd: a }, 'stopwait', 'w1')).code).toBe(0)
  expect([inA.alive, inB.alive]).toEqual([false, true])
  expect((await rig.multi({ cwd: b }, 'stopwait')).code).toBe(0)
  expect(inB.signals).toEqual(['SIGTERM'])
})

test('one name in two fleets: elsewhere it is a usage error that lists the pidfiles, and either can be named', async (context) => {
  const rig = rigFor(context)
  const { a, b, inA, inB } = await namesakes(rig)
  for (const line of [
    ['stop', 'w1'],
    ['kill', 'w1'],
    ['status', 'w1'],
  ]) {
    const { code, stderr } = await rig.multi(...line)
    expect(code).toBe(2)
    expect(stderr).toContain(`--pidfile=${a}/w1.pid`)
    expect(stderr).toContain(`--pidfile=${b}/w1.pid`)
  }
  const bare = await rig.multi('stopwait')
  expect(bare.code).toBe(2)
  expect(bare.stderr).toContain('--fleet')
  expect([inA.signals, inB.signals]).toEqual([[], []])
  expect((await rig.multi('stopwait', 'w1', `--pidfile=${a}/%n.pid`)).code).toBe(0)
  expect([inA.alive, inB.alive]).toEqual([false, true])
  expect((await rig.multi('stopwait', 'w1', `--fleet=${b}`)).code).toBe(0)
  expect(inB.alive).toBe(false)
})

test('--all means every node of every fleet', async (context) => {
  const rig = rigFor(context)
  const { inA, inB } = await namesakes(rig)
  expect(await running(rig, '--all')).toBe('2 nodes: 2 running')
  expect((await rig.multi('stopwait', '--all')).code).toBe(0)
  expect([inA.alive, inB.alive]).toEqual([false, false])
})

test('a default pidfile that another fleet’s running worker has is refused, naming that fleet', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const { code, stdout } = await rig.multi({ cwd: '/' }, 'start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')
  expect(code).toBe(1)
  expect(stdout).toContain(`taken by a worker of fleet ${rig.work} (pid ${worker.pid})`)
  expect(worker.signals).toEqual([])
  await rig.multi('stopwait', 'w1')
})

test('a fleet that was given a name is found by it from anywhere', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1', '--fleet=images')
  await rig.started('w2', '--fleet=mail')
  const { stdout } = await rig.multi({ cwd: '/' }, 'status', '--fleet=images')
  expect(stdout).toContain('1 node: 1 running')
  expect((await rig.multi({ cwd: '/' }, 'stopwait', '--fleet=images')).code).toBe(0)
  expect(worker.alive).toBe(false)
  expect((await rig.multi({ cwd: '/' }, 'stopwait', '--fleet=mial')).stderr).toContain('mail')
  expect((await rig.multi({ cwd: '/' }, 'stopwait', '--fleet=mail')).code).toBe(0)
})

test('a relative pidfile counts from the directory of the call, and is found by name from elsewhere', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1', '--pidfile=pids/%n.pid')
  expect(worker.hello.env['MULTI_PIDFILE']).toBe(join(rig.work, 'pids', 'w1.pid'))
  expect((await rig.multi({ cwd: '/' }, 'stopwait', 'w1')).code).toBe(0)
  expect(worker.alive).toBe(false)
})

test('a node of another fleet than --fleet says: exit 2, the fleet that it is of, and it is left alone', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1', '--fleet=images')
  for (const verb of ['status', 'stop', 'stopwait', 'kill', 'restart', 'start', 'quiet']) {
    const { code, stderr } = await rig.multi(verb, 'w1', '--fleet=mail')
    expect([code, stderr]).toEqual([2, expect.stringContaining('w1 is of fleet images, not of mail')])
  }
  expect((await rig.multi('restart', 'w1', '--fleet=mail', '--cmd', 'sleep 1000')).code).toBe(2)
  expect(worker.signals).toEqual([])
  // A start with options is a new node, for which that pidfile is taken.
  const started = await rig.multi('start', 'w1', '--fleet=mail', '--cmd', 'sleep 1000')
  expect([started.code, started.stdout]).toEqual([1, expect.stringContaining('taken by a worker of fleet images')])
  expect((await rig.multi('stopwait', 'w1', '--fleet=images')).code).toBe(0)
  expect(worker.alive).toBe(false)
})

test('--all with --fleet or with names is refused: it would mean more than was said', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1', '--fleet=images')
  for (const verb of ['status', 'stop', 'stopwait', 'kill', 'restart', 'start', 'quiet', 'resume']) {
    for (const more of ['--fleet=images', 'w1']) {
      const { code, stderr } = await rig.multi(verb, more, '--all')
      expect([code, stderr]).toEqual([2, expect.stringContaining('--all means every node of every fleet')])
    }
  }
  expect(worker.signals).toEqual([])
  expect((await rig.multi('stopwait', '--all')).code).toBe(0)
})

import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MULTI, processOf, type Rig, rigFor, until, whileNothingHappens } from '../rig/rig.ts'

/** A worker that is asked to stop and does not, and the command that waits for it. */
async function draining(rig: Rig, ...line: string[]) {
  const worker = await rig.started('w1')
  await worker.on('SIGTERM', 'stay')
  const waiting = rig.begin(...line, 'w1')
  await worker.got('SIGTERM')
  return { worker, waiting }
}

test('stop sends TERM and returns; the worker goes when it is done', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.on('SIGTERM', 'stay')
  const { code, stdout } = await rig.multi('stop', 'w1')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`w1@\\S+: TERM -> ${worker.pid}\n`))
  expect(worker.alive).toBe(true)
  expect((await rig.multi('status', 'w1', '--json')).json()).toMatchObject([{ state: 'draining', pid: worker.pid }])
  await worker.exit()
})

test('stop -INT sends INT instead, and no TERM', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await rig.multi('stopwait', 'w1', '-INT')
  expect(worker.signals).toEqual(['SIGINT'])
})

test('stopwait returns when the worker is gone, and removes the pidfile', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'stopwait')
  await whileNothingHappens()
  expect(waiting.finished).toBeUndefined()
  await worker.exit()
  const { code, stdout } = await waiting.ended
  expect(code).toBe(0)
  expect(stdout).toContain(`> Waiting for 1 node -> ${worker.pid}...`)
  expect(stdout).toMatch(/w1@\S+: OK \(down in /)
  expect(existsSync(rig.pidfile('w1'))).toBe(false)
  expect(worker.signals).toEqual(['SIGTERM'])
})

test.for([
  ['taken away', (record: string) => rmSync(record)],
  ['spoilt', (record: string) => writeFileSync(record, '{"v":')],
] as const)(
  'stopwait says so when the record of its request is %s meanwhile: exit 4, no second TERM',
  async ([, harm], context) => {
    for (const line of [['stopwait'], ['stopwait', '--timeout=30', '--then=kill']] as const) {
      const rig = rigFor(context)
      const { worker, waiting } = await draining(rig, ...line)
      const child = await worker.fork()
      await until(() => rig.record('w1')?.stop !== undefined, 'the request to be recorded')
      harm(rig.recordFile('w1'))
      const { code, stdout } = await waiting.ended
      expect({ code, alive: worker.alive, signals: worker.signals }).toEqual({
        code: 4,
        alive: true,
        signals: ['SIGTERM'],
      })
      expect(stdout).toContain(`pid ${worker.pid} was asked to stop, and its record does not say so any more`)
      await child.exit()
      await worker.exit()
    }
  },
)

test('who joined a drain asks no second time either, when its record is taken away', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'stop')
  await waiting.ended
  const joined = rig.begin('stopwait', 'w1')
  await until(() => joined.stdout.includes('Waiting'), 'it to wait')
  rmSync(rig.recordFile('w1'))
  expect(await joined.ended).toMatchObject({ code: 4 })
  expect(worker.signals).toEqual(['SIGTERM'])
  await worker.exit()
})

test('a directory in the place of a claim is named; nothing is signalled, and without it the same command goes on', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const blocked = rig.recordFile('w1').replace(/json$/, `claim.${(rig.record('w1')?.generation ?? 0) + 1}`)
  mkdirSync(blocked)
  const { code, stdout } = await rig.multi('stopwait', 'w1')
  expect(code).toBe(1)
  expect(stdout).toContain(`FAILED: could not stop w1@`)
  expect(stdout).toContain(blocked)
  expect(worker.signals).toEqual([])
  rmdirSync(blocked)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})

test('stopwait --timeout leaves what is still draining, names it and exits 124', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'stopwait', '--timeout=0.5')
  const { code, stdout } = await waiting.ended
  expect(code).toBe(124)
  expect(stdout).toMatch(new RegExp(`FAILED: still draining after 0.5 s \\(pid ${worker.pid}\\)`))
  expect(worker.alive).toBe(true)
  expect(worker.signals).toEqual(['SIGTERM'])
  await worker.exit()
})

test('stopwait --timeout --then kill kills what still works, and names it', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'stopwait', '--timeout=10', '--then=kill')
  const { code, stdout } = await waiting.ended
  expect(code).toBe(0)
  expect(stdout).toContain(`Sending KILL to node w1@`)
  expect(stdout).toMatch(new RegExp(`OK \\(down in .*killed ${worker.pid}\\)`))
  expect(worker.alive).toBe(false)
})

test('stop_verify is stopwait by Celery’s old name', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'stop_verify')
  await waiting.waitFor(/Waiting for 1 node/)
  await worker.exit()
  expect((await waiting.ended).code).toBe(0)
})

test('restart --timeout leaves what is still draining as it is, and starts nothing beside it', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'restart', '--timeout=0.5')
  const { code, stdout } = await waiting.ended
  expect(code).toBe(124)
  expect(stdout).toMatch(/Restarting node w1@\S+: FAILED: still draining/)
  expect(rig.processes().map(({ pid }) => pid)).toEqual([worker.pid])
  await worker.exit()
})

test('a zombie counts as dead: a parent that never reaps holds up neither stopwait nor start', async (context) => {
  const rig = rigFor(context)
  // The start is the worker's parent, and a suspended one reaps nobody.
  const parent = rig.begin('start', 'w1', ...rig.puppet, '--startsecs=1000')
  const worker = await rig.worker('w1')
  await until(() => rig.record('w1')?.launch !== undefined, 'the start to be recorded')
  process.kill(parent.pid, 'SIGSTOP')
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(processOf(worker.pid)?.state).toBe('Z')
  expect((await rig.multi('status', 'w1')).code).toBe(3)
  expect((await rig.multi('start', 'w1', '--startsecs=0')).code).toBe(0)
  expect(rig.readPid('w1')).not.toBe(worker.pid)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  process.kill(parent.pid, 'SIGKILL')
})

test('a suspended worker is waited for and shown as suspended', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  process.kill(worker.pid, 'SIGSTOP')
  await until(() => processOf(worker.pid)?.state === 'T', 'the worker to be suspended')
  expect((await rig.multi('status', 'w1')).stdout).toMatch(/running .*suspended/)
  const waiting = rig.begin('stopwait', 'w1')
  await waiting.waitFor(new RegExp(`Waiting for 1 node -> ${worker.pid} \\(suspended\\)`))
  const status = await rig.multi('status', 'w1')
  expect(status.code).toBe(0)
  expect(status.stdout).toMatch(/draining .*suspended/)
  expect(waiting.finished).toBeUndefined()
  process.kill(worker.pid, 'SIGCONT')
  expect((await waiting.ended).code).toBe(0)
})

test('INT ends a stopwait, not the workers: exit 130, how things stand, and the same command finishes', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'stopwait')
  await waiting.waitFor(/Waiting for/)
  waiting.kill('SIGINT')
  const { code, signal, stdout } = await waiting.ended
  expect({ code, signal }).toEqual({ code: 130, signal: null })
  expect(stdout).toMatch(new RegExp(`interrupted, left draining \\(pid ${worker.pid}\\); the same command finishes`))
  expect(worker.alive).toBe(true)
  expect(worker.signals).toEqual(['SIGTERM'])
  const again = rig.begin('stopwait', 'w1')
  await again.waitFor(/Waiting for/)
  await worker.exit()
  expect((await again.ended).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
})

test('INT ends a restart: exit 130, each node as it stands, and the same command finishes', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', 'w2', ...rig.puppet, '--startsecs=0')
  const [one, two] = [await rig.worker('w1'), await rig.worker('w2')]
  await two.on('SIGTERM', 'stay')
  const restarting = rig.begin('restart', '--startsecs=0')
  await two.got('SIGTERM')
  await restarting.waitFor(/Restarting node w1@\S+: /)
  restarting.kill('SIGINT')
  const { code, stdout } = await restarting.ended
  expect(code).toBe(130)
  expect(stdout).toMatch(new RegExp(`Restarting node w2@\\S+: FAILED: interrupted, left draining \\(pid ${two.pid}\\)`))
  expect(one.alive).toBe(false)
  expect(two.alive).toBe(true)
  const again = rig.begin('restart', '--startsecs=0')
  await again.waitFor(/Waiting for/)
  await two.exit()
  expect((await again.ended).code).toBe(0)
  expect(two.signals).toEqual(['SIGTERM'])
  expect((await rig.multi('status')).stdout).toContain('2 nodes: 2 running')
  await rig.multi('stopwait')
})

test('a node whose restart was interrupted while it drained is brought up by a bare start', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'restart')
  waiting.kill('SIGTERM')
  expect((await waiting.ended).code).toBe(130)
  await worker.exit()
  expect((await rig.multi('start', '--startsecs=0')).code).toBe(0)
  expect(rig.readPid('w1')).not.toBe(worker.pid)
  await rig.multi('stopwait')
})

test('restart --rolling halts at the first node that does not come back, and names those it did not touch', async (context) => {
  const rig = rigFor(context)
  const command = `sh -c '[ ! -e %n.broken ] || exit 7; exec sleep 1000'`
  await rig.multi('start', 'w1', 'w2', 'w3', 'w4', '--cmd', command, '--startsecs=0')
  const before = ['w1', 'w2', 'w3', 'w4'].map((node) => rig.readPid(node))
  mkdirSync(join(rig.work, 'w2.broken'))
  const { code, stdout } = await rig.multi('restart', '--rolling', '--startsecs=10')
  expect(code).toBe(1)
  expect(stdout).toMatch(/node w1@\S+: OK/)
  expect(stdout).toMatch(/node w2@\S+: FAILED: exited with code 7/)
  for (const node of ['w3', 'w4'])
    expect(stdout).toMatch(new RegExp(`node ${node}@\\S+: FAILED: not touched, because w2@`))
  expect(rig.readPid('w1')).not.toBe(before[0])
  expect(rig.readPid('w2')).toBeUndefined()
  expect([rig.readPid('w3'), rig.readPid('w4')]).toEqual(before.slice(2))
  rmSync(join(rig.work, 'w2.broken'), { recursive: true })
  expect((await rig.multi('restart', '--rolling', '--startsecs=0')).code).toBe(0)
  expect((await rig.multi('status')).stdout).toContain('4 nodes: 4 running')
  await rig.multi('stopwait')
})

test('restart --rolling that finds out beforehand that a node cannot come back names each that it did not touch, also in JSON', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', 'w2', 'w3', '--cmd', 'sleep 1000', '--startsecs=0')
  const before = ['w1', 'w2', 'w3'].map((node) => rig.readPid(node))
  const line = ['restart', 'w1', 'w2', 'w3', '--rolling', '--cmd', 'sleep 2000', '--cmd:w2', 'no-such-program'] as const
  const { code, stdout } = await rig.multi(...line)
  expect(code).toBe(5)
  for (const node of ['w1', 'w3'])
    expect(stdout).toMatch(new RegExp(`node ${node}@\\S+: FAILED: not touched, because w2@`))
  const rows = (await rig.multi(...line, '--json')).json() as { name: string; reason: string }[]
  expect(rows.map(({ name, reason }) => [name.split('@')[0], reason])).toEqual([
    ['w1', 'halted'],
    ['w2', 'not-found'],
    ['w3', 'halted'],
  ])
  expect(['w1', 'w2', 'w3'].map((node) => rig.readPid(node))).toEqual(before)
  await rig.multi('stopwait')
})

test('restart --rolling has no more than one node down at a time', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', 'w2', ...rig.puppet, '--startsecs=0')
  const [one, two] = [await rig.worker('w1'), await rig.worker('w2')]
  await one.on('SIGTERM', 'stay')
  const restarting = rig.begin('restart', '--rolling', '--startsecs=0')
  await one.got('SIGTERM')
  await whileNothingHappens()
  expect(two.signals).toEqual([])
  await one.exit()
  expect((await restarting.ended).code).toBe(0)
  expect(two.alive).toBe(false)
  await rig.multi('stopwait')
})

test('restart of a stopped node starts it, start of a running and stop of a stopped one do nothing: exit 0', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  expect((await rig.multi('start', 'w1')).code).toBe(0)
  expect(worker.alive).toBe(true)
  await rig.multi('stopwait', 'w1')
  const stopped = await rig.multi('stop', 'w1')
  expect(stopped.code).toBe(0)
  expect(stopped.stdout).toMatch(/> w1@\S+: DOWN/)
  expect((await rig.multi('restart', 'w1', '--startsecs=0')).code).toBe(0)
  expect((await rig.worker('w1')).alive).toBe(true)
  await rig.multi('stopwait', 'w1')
})

test('kill ends the whole group without asking it, waits until it is gone, and clears up', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const child = await worker.fork({ stays: true })
  await worker.on('SIGTERM', 'stay')
  const { code, stdout } = await rig.multi('kill', 'w1')
  expect(code).toBe(0)
  expect(stdout).toContain(`Sending KILL to node `)
  expect(stdout).toMatch(new RegExp(`killed .*${worker.pid}`))
  expect(stdout).toMatch(new RegExp(`killed .*${child.pid}`))
  expect([worker.alive, child.alive]).toEqual([false, false])
  expect([worker.signals, child.signals]).toEqual([[], []])
  expect(existsSync(rig.pidfile('w1'))).toBe(false)
  expect((await rig.multi('status', 'w1')).code).toBe(3)
})

test('kill ends a suspended worker, and one that is draining', async (context) => {
  const rig = rigFor(context)
  const { worker, waiting } = await draining(rig, 'stopwait')
  process.kill(worker.pid, 'SIGSTOP')
  expect((await rig.multi('kill', 'w1')).code).toBe(0)
  expect(worker.alive).toBe(false)
  expect((await waiting.ended).code).toBe(0)
})

test('stop works when the app and the folder that it was started from are gone', async (context) => {
  const rig = rigFor(context)
  const gone = join(rig.directory, 'gone')
  mkdirSync(gone)
  await rig.multi({ cwd: gone }, 'start', 'w1', ...rig.puppet, '--startsecs=0')
  const worker = await rig.worker('w1')
  rmSync(gone, { recursive: true })
  const status = await rig.multi('status', 'w1', '-A', './gone/app.mjs')
  expect(status.code).toBe(0)
  expect((await rig.multi('stopwait', 'w1', '-A', './gone/app.mjs')).code).toBe(0)
  expect(worker.alive).toBe(false)
})

test('stop works from within a folder that has been deleted', async (context) => {
  const rig = rigFor(context)
  const gone = join(rig.directory, 'gone')
  mkdirSync(gone)
  const worker = await rig.started('w1')
  const within = `rmdir ${gone} && exec ${process.execPath} ${MULTI} stopwait w1`
  const { code } = await rig.program(['sh', '-c', within], { cwd: gone }).ended
  expect(code).toBe(0)
  expect(worker.alive).toBe(false)
})

import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'
import { atCall, listed } from './support/at-call.ts'
import { together } from './support/together.ts'
import { expectTruth, litter, workersOf } from './support/truth.ts'

const isRoot = process.getuid?.() === 0
const NODES = ['w1', 'w2']
const START = ['start', ...NODES, '--cmd', 'sleep 1000', '--startsecs=0'] as const
const RESTART = ['restart', ...NODES, '--startsecs=0'] as const
const STOPWAIT = ['stopwait', ...NODES] as const
type Line = readonly [string, ...string[]]

/** Rigs side by side, each with its share of the calls. */
const AT_ONCE = 4

/** Runs the line with a disk that is full from the n-th change on, for every n, and looks what came of it. */
async function atEveryCall(
  context: TestContext,
  { first, line }: { first: Line; line: Line },
  look: (rig: Rig, ended: { code: number | null; stdout: string; stderr: string }) => Promise<void>,
): Promise<void> {
  const rig = rigFor(context)
  expect((await rig.multi(...first)).code).toBe(0)
  const { env, calls } = listed(rig)
  expect((await rig.multi({ env }, ...line)).code).toBe(0)
  const count = calls().length
  expect((await rig.multi(...STOPWAIT)).code).toBe(0)
  const lane = async (from: number, own: Rig): Promise<void> => {
    for (let at = from; at <= count; at += AT_ONCE) {
      expect((await own.multi(...first)).code).toBe(0)
      await look(own, await own.multi({ env: atCall(`ENOSPC ${at}`) }, ...line))
      await expectTruth(own, NODES)
      expect((await own.multi(...line)).code).toBe(0)
      await expectTruth(own, NODES)
      expect(litter(own)).toEqual([])
    }
    expect((await own.multi(...STOPWAIT)).code).toBe(0)
    expect(workersOf(own).size).toBe(0)
  }
  await together(Array.from({ length: AT_ONCE }, (_, index) => lane(index + 1, rigFor(context))))
}

/** It came through, or says why not. */
function expectPlainWords(code: number | null, said: string): void {
  expect({ code, why: said.includes('the disk is full') }).toEqual(
    code === 0 ? { code, why: false } : { code: 1, why: true },
  )
  expect(said).not.toContain('internal error')
}

test('a disk that fills up at any moment of a start: exit 1 in plain words that name who was left running, and no worker that status does not know', async (context) => {
  let failed = 0
  let left = 0
  await atEveryCall(context, { first: STOPWAIT, line: START }, async (rig, { code, stdout, stderr }) => {
    expectPlainWords(code, stdout + stderr)
    if (code === 1) failed++
    for (const [node, [worker]] of workersOf(rig)) {
      const said = stdout.split('\n').find((line) => line.includes(`${node}@`) && line.includes('FAILED'))
      if (!said) continue
      expect(said).toContain(`its worker (pid ${worker?.pid}) was left running`)
      left++
    }
  })
  expect(failed).toBeGreaterThan(5)
  expect(left).toBeGreaterThan(2)
}, 240_000)

test('a disk that fills up at any moment of a stopwait: exit 1 in plain words, and what status says is true', async (context) => {
  await atEveryCall(context, { first: START, line: STOPWAIT }, async (_rig, { code, stdout, stderr }) => {
    expectPlainWords(code, stdout + stderr)
  })
}, 240_000)

test('a disk that fills up at any moment of a restart: exit 1 in plain words, and what status says is true', async (context) => {
  await atEveryCall(context, { first: START, line: RESTART }, async (_rig, { code, stdout, stderr }) => {
    expectPlainWords(code, stdout + stderr)
  })
}, 240_000)

/** A file system of a few pages, mounted for one test. */
async function tinyDisk(rig: Rig, { skip, onTestFinished }: TestContext): Promise<string> {
  const disk = join(rig.directory, 'disk')
  mkdirSync(disk)
  const mounted = await rig.program(['mount', '-t', 'tmpfs', '-o', 'size=64k,nr_inodes=64', 'none', disk]).ended
  if (mounted.code !== 0) skip(`mounting a tmpfs is not allowed here: ${mounted.stderr.trim()}`)
  onTestFinished(async () => {
    await rig.program(['umount', '-l', disk]).ended
  })
  return disk
}

function fill(disk: string, keptBytes: number): void {
  const filler = join(disk, 'filler')
  for (let size = 64; size > 0; size -= 4) {
    try {
      writeFileSync(filler, Buffer.alloc(size * 1024))
      break
    } catch {
      rmSync(filler, { force: true }) // Not that much; a little less.
    }
  }
  if (keptBytes > 0) writeFileSync(filler, Buffer.alloc(Math.max(0, statSync(filler).size - keptBytes)))
}

test.for([0, 1, 2, 3])('a start on a real disk with %i pages left ends in what status says', async (pages, context) => {
  if (!isRoot) context.skip('only root can mount a tmpfs')
  const rig = rigFor(context)
  const disk = await tinyDisk(rig, context)
  const env = { MULTI_RUN_DIR: disk }
  fill(disk, pages * 4096)
  const { code, stdout, stderr } = await rig.multi({ env }, 'start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')
  expectPlainWords(code, stdout + stderr)
  const rows = (await rig.multi({ env }, 'status', 'w1', '--json')).json() as { state: string; pid: number | null }[]
  const [worker] = workersOf(rig).get('w1') ?? []
  expect(rows[0]?.pid).toBe(worker?.pid ?? null)
  rmSync(join(disk, 'filler'))
  expect((await rig.multi({ env }, 'start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')).code).toBe(0)
  expect(workersOf(rig).get('w1')).toHaveLength(1)
  expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
})

/** A worker whose record and pidfile lie on a disk that a test can fill. */
async function puppetOnTinyDisk(context: TestContext) {
  if (!isRoot) context.skip('only root can mount a tmpfs')
  const rig = rigFor(context)
  const disk = await tinyDisk(rig, context)
  const env = { MULTI_RUN_DIR: disk }
  expect((await rig.multi({ env }, 'start', 'w1', ...rig.puppet, '--startsecs=0')).code).toBe(0)
  const worker = await rig.worker('w1')
  return { rig, disk, env, worker }
}

test('on a full disk stop still signals the worker, and kill still ends it', async (context) => {
  const { rig, disk, env, worker } = await puppetOnTinyDisk(context)
  await worker.on('SIGTERM', 'stay')
  fill(disk, 0)
  const stop = await rig.multi({ env }, 'stop', 'w1')
  expect(stop.code).toBe(1)
  expect(stop.stdout + stop.stderr).toContain('the disk is full')
  await worker.got('SIGTERM')
  const kill = await rig.multi({ env }, 'kill', 'w1')
  expect(worker.alive).toBe(false)
  expect(kill.stdout).toContain(String(worker.pid))
})

test('a restart on a full disk says so, and with some space the same restart finishes', async (context) => {
  const { rig, disk, env, worker } = await puppetOnTinyDisk(context)
  fill(disk, 0)
  const { code, stdout, stderr } = await rig.multi({ env }, 'restart', 'w1', '--startsecs=0')
  expect(code).toBe(1)
  expect(stdout + stderr).toContain('the disk is full')
  await expectTruth(rig, ['w1'], { env })
  rmSync(join(disk, 'filler'))
  expect((await rig.multi({ env }, 'restart', 'w1', '--startsecs=0')).code).toBe(0)
  await expectTruth(rig, ['w1'], { env })
  expect((await rig.worker('w1')).pid).not.toBe(worker.pid)
  expect(worker.signals).toEqual(['SIGTERM'])
  expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
})

test('no inode left for a claim: stop says so and signals nobody; kill goes', async (context) => {
  const { rig, disk, env, worker } = await puppetOnTinyDisk(context)
  for (let at = 0; at < 64; at++) {
    try {
      writeFileSync(join(disk, `filler${at}`), '')
    } catch {
      break // That was the last inode.
    }
  }
  const stop = await rig.multi({ env }, 'stop', 'w1')
  expect(stop.code).toBe(1)
  expect(stop.stdout + stop.stderr).toContain('the disk is full')
  expect(worker.signals).toEqual([])
  await rig.multi({ env }, 'kill', 'w1')
  expect(worker.alive).toBe(false)
})

/** Root may write anywhere, so whoever must not is somebody else. */
const OTHER = 40_000 + (process.pid % 20_000)
const as = isRoot ? { uid: OTHER } : {}

test('a run directory that cannot be written: exit 4 with its path, nothing started', async (context) => {
  const rig = rigFor(context)
  const closed = join(rig.directory, 'closed')
  mkdirSync(closed, { mode: 0o755 })
  chmodSync(closed, 0o555)
  const env = { MULTI_RUN_DIR: closed }
  const { code, stdout, stderr } = await rig.multi({ ...as, env }, 'start', 'w1', '--cmd', 'sleep 1000')
  expect(code).toBe(4)
  expect(stdout + stderr).toContain(closed)
  expect(workersOf(rig).size).toBe(0)
})

test('a run directory that has become unwritable: status is true, stop, stopwait, restart and start say so with exit 4, and signal and start nobody', async (context) => {
  const rig = rigFor(context)
  const own = join(rig.directory, 'own')
  mkdirSync(own, { mode: 0o755 })
  if (isRoot) chownSync(own, OTHER, OTHER)
  const options = { ...as, env: { MULTI_RUN_DIR: own } }
  expect((await rig.multi(options, 'start', 'w1', ...rig.puppet, '--startsecs=0')).code).toBe(0)
  const worker = await rig.worker('w1')
  context.onTestFinished(() => chmodSync(own, 0o755)) // The rig shall be able to clear it away, as whoever runs it.
  chmodSync(own, 0o555)
  const rows = (await rig.multi(options, 'status', 'w1', '--json')).json() as { state: string; pid?: number }[]
  expect(rows[0]).toMatchObject({ state: 'running', pid: worker.pid })
  const stop = await rig.multi(options, 'stop', 'w1')
  expect(stop.code).toBe(4)
  expect(stop.stdout + stop.stderr).toContain(own)
  for (const verb of ['start', 'restart', 'stopwait']) expect((await rig.multi(options, verb, 'w1')).code).toBe(4)
  expect(worker.signals).toEqual([])
  await rig.multi(options, 'kill', 'w1')
  expect(worker.alive).toBe(false)
  const start = await rig.multi(options, 'start', 'w1', ...rig.puppet, '--startsecs=0')
  expect(start.code).toBe(4)
  expect(start.stdout + start.stderr).toContain(own)
  expect(workersOf(rig).size).toBe(0)
})

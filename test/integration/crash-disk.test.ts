import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'
import { atCall, listed } from './support/at-call.ts'
import { expectPlainWords } from './support/tiny-disk.ts'
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
})

test('a disk that fills up at any moment of a stopwait: exit 1 in plain words, and what status says is true', async (context) => {
  await atEveryCall(context, { first: START, line: STOPWAIT }, async (_rig, { code, stdout, stderr }) => {
    expectPlainWords(code, stdout + stderr)
  })
})

test('a disk that fills up at any moment of a restart: exit 1 in plain words, and what status says is true', async (context) => {
  await atEveryCall(context, { first: START, line: RESTART }, async (_rig, { code, stdout, stderr }) => {
    expectPlainWords(code, stdout + stderr)
  })
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

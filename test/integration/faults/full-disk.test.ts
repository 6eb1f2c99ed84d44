import { expect, type TestContext, test } from 'vitest'
import { rigFor } from '../../rig/rig.ts'
import { expectPlainWords, fill, fillInodes, free, tinyDisk } from '../support/tiny-disk.ts'
import { expectTruth, expectUp, litter, workersOf } from '../support/truth.ts'

const START = ['start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0'] as const

/** Its record is longer than two pages, so that a disk may have room for a part of it. */
const LONG_START = ['start', 'w1', '--cmd', `sh -c 'exec sleep 1000' ${'x'.repeat(9000)}`, '--startsecs=0'] as const

/** Records, pidfiles and vitals lie on a disk that the test can fill. */
async function rigOnTinyDisk(context: TestContext) {
  const rig = rigFor(context)
  const disk = await tinyDisk(rig, context)
  return { rig, disk, env: { MULTI_RUN_DIR: disk } }
}

test.for([0, 1, 2, 3])('a start on a real disk with %i pages left ends in what status says', async (pages, context) => {
  const { rig, disk, env } = await rigOnTinyDisk(context)
  fill(disk, pages)
  const { code, stdout, stderr } = await rig.multi({ env }, ...START)
  expectPlainWords(code, stdout + stderr)
  const rows = (await rig.multi({ env }, 'status', 'w1', '--json')).json() as { state: string; pid: number | null }[]
  const [worker] = workersOf(rig).get('w1') ?? []
  expect(rows[0]?.pid).toBe(worker?.pid ?? null)
  free(disk)
  expect((await rig.multi({ env }, ...START)).code).toBe(0)
  expect(workersOf(rig).get('w1')).toHaveLength(1)
  expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
  expect(litter(rig, disk)).toEqual([])
})

/** The first record, the pidfile, and the second record beside the first: from none to all that this takes. */
const PAGES = [0, 1, 2, 3, 4, 5, 6, 7]

test.for(PAGES)(
  'a start with a record of 9 KB and %i pages left: all of it is written or the start says no, and status is true',
  async (pages, context) => {
    const { rig, disk, env } = await rigOnTinyDisk(context)
    fill(disk, pages)
    const { code, stdout, stderr } = await rig.multi({ env }, ...LONG_START)
    expectPlainWords(code, stdout + stderr)
    await expectTruth(rig, ['w1'], { env })
    free(disk)
    expect((await rig.multi({ env }, ...LONG_START)).code).toBe(0)
    expectUp(rig, ['w1'], 'the same start with some space')
    expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
    expect(workersOf(rig).size).toBe(0)
    expect(litter(rig, disk)).toEqual([])
  },
)

test.for(PAGES)(
  'a restart with a record of 9 KB and %i pages left: no torn record takes the place of the good one',
  async (pages, context) => {
    const { rig, disk, env } = await rigOnTinyDisk(context)
    expect((await rig.multi({ env }, ...LONG_START)).code).toBe(0)
    fill(disk, pages)
    const { code, stdout, stderr } = await rig.multi({ env }, 'restart', 'w1', '--startsecs=0')
    expectPlainWords(code, stdout + stderr)
    await expectTruth(rig, ['w1'], { env })
    free(disk)
    expect((await rig.multi({ env }, 'restart', 'w1', '--startsecs=0')).code).toBe(0)
    expectUp(rig, ['w1'], 'the same restart with some space')
    expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
    expect(litter(rig, disk)).toEqual([])
  },
)

/** A worker whose record and pidfile lie on a disk that a test can fill. */
async function puppetOnTinyDisk(context: TestContext) {
  const { rig, disk, env } = await rigOnTinyDisk(context)
  expect((await rig.multi({ env }, 'start', 'w1', ...rig.puppet, '--startsecs=0')).code).toBe(0)
  const worker = await rig.worker('w1')
  return { rig, disk, env, worker }
}

test('on a full disk stop still signals the worker, and kill still ends it', async (context) => {
  const { rig, disk, env, worker } = await puppetOnTinyDisk(context)
  await worker.on('SIGTERM', 'stay')
  fill(disk)
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
  fill(disk)
  const { code, stdout, stderr } = await rig.multi({ env }, 'restart', 'w1', '--startsecs=0')
  expect(code).toBe(1)
  expect(stdout + stderr).toContain('the disk is full')
  await expectTruth(rig, ['w1'], { env })
  free(disk)
  expect((await rig.multi({ env }, 'restart', 'w1', '--startsecs=0')).code).toBe(0)
  await expectTruth(rig, ['w1'], { env })
  expect((await rig.worker('w1')).pid).not.toBe(worker.pid)
  expect(worker.signals).toEqual(['SIGTERM'])
  expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
})

test('no inode left for a claim: stop says so and signals nobody; kill goes', async (context) => {
  const { rig, disk, env, worker } = await puppetOnTinyDisk(context)
  fillInodes(disk)
  const stop = await rig.multi({ env }, 'stop', 'w1')
  expect(stop.code).toBe(1)
  expect(stop.stdout + stop.stderr).toContain('the disk is full')
  expect(worker.signals).toEqual([])
  await rig.multi({ env }, 'kill', 'w1')
  expect(worker.alive).toBe(false)
})

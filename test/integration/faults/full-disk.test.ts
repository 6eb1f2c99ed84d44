import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** What its user does next, with some space: the same once more, which is the end of it, and of all that is left of it. */
async function expectFinishes(
  { rig, disk, env }: Awaited<ReturnType<typeof rigOnTinyDisk>>,
  ...line: [string, ...string[]]
): Promise<void> {
  free(disk)
  expect(await rig.multi({ env }, ...line)).toMatchObject({ code: 0, stderr: '' })
  expectUp(rig, [], `${line[0]} with some space`)
  const rows = await expectTruth(rig, ['w1'], { env })
  expect(rows).toMatchObject([{ state: 'stopped' }])
  expect(litter(rig, disk)).toEqual([])
}

test.for(['stop', 'stopwait'])(
  'on a full disk %s says so and still signals the worker; with some space the same command finishes',
  async (verb, context) => {
    const tiny = await puppetOnTinyDisk(context)
    const { rig, disk, env, worker } = tiny
    await worker.on('SIGTERM', 'stay')
    fill(disk)
    const ended = await rig.multi({ env }, verb, 'w1')
    expect(ended.code).toBe(1)
    expect(ended.stdout + ended.stderr).toContain('the disk is full')
    await worker.got('SIGTERM')
    await expectTruth(rig, ['w1'], { env })
    await worker.exit()
    await expectTruth(rig, ['w1'], { env })
    await expectFinishes(tiny, verb, 'w1')
    expect(worker.signals).toEqual(['SIGTERM'])
  },
)

test('on a full disk stop still signals the worker, and kill still ends it', async (context) => {
  const tiny = await puppetOnTinyDisk(context)
  const { rig, disk, env, worker } = tiny
  await worker.on('SIGTERM', 'stay')
  fill(disk)
  const stop = await rig.multi({ env }, 'stop', 'w1')
  expect(stop.code).toBe(1)
  expect(stop.stdout + stop.stderr).toContain('the disk is full')
  await worker.got('SIGTERM')
  const kill = await rig.multi({ env }, 'kill', 'w1')
  expect(worker.alive).toBe(false)
  expect(kill.stdout).toContain(String(worker.pid))
  await expectTruth(rig, ['w1'], { env })
  await expectFinishes(tiny, 'kill', 'w1')
})

test.for(PAGES)(
  'a stopwait with a record of 9 KB and %i pages left: status is true, and it finishes',
  async (pages, context) => {
    const tiny = await rigOnTinyDisk(context)
    const { rig, disk, env } = tiny
    expect((await rig.multi({ env }, ...LONG_START)).code).toBe(0)
    fill(disk, pages)
    const { code, stdout, stderr } = await rig.multi({ env }, 'stopwait', 'w1')
    expectPlainWords(code, stdout + stderr)
    await expectTruth(rig, ['w1'], { env })
    await expectFinishes(tiny, 'stopwait', 'w1')
  },
)

test('a restart on a full disk says so, and with some space the same restart finishes', async (context) => {
  const tiny = await puppetOnTinyDisk(context)
  const { rig, disk, env, worker } = tiny
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
  expect(litter(rig, disk)).toEqual([])
  await expectFinishes(tiny, 'stopwait', 'w1')
})

test.for(['stop', 'stopwait'])(
  'no inode left for a claim: %s says so and signals nobody; with one the same command finishes',
  async (verb, context) => {
    const tiny = await puppetOnTinyDisk(context)
    const { rig, disk, env, worker } = tiny
    fillInodes(disk)
    const ended = await rig.multi({ env }, verb, 'w1')
    expect(ended.code).toBe(1)
    expect(ended.stdout + ended.stderr).toContain('the disk is full')
    expect(worker.signals).toEqual([])
    await expectTruth(rig, ['w1'], { env })
    free(disk)
    expect((await rig.multi({ env }, verb, 'w1')).code).toBe(0)
    await worker.gone()
    expect(worker.signals).toEqual(['SIGTERM'])
    await expectFinishes(tiny, verb, 'w1')
  },
)

test('no inode left for a claim: kill goes', async (context) => {
  const tiny = await puppetOnTinyDisk(context)
  const { rig, disk, env, worker } = tiny
  fillInodes(disk)
  await rig.multi({ env }, 'kill', 'w1')
  expect(worker.alive).toBe(false)
  await expectTruth(rig, ['w1'], { env })
  await expectFinishes(tiny, 'kill', 'w1')
})

/** A worker that says how it is, again and again. */
const APP = `
export default ({ jobs }) => {
  const ends = []
  const timer = setInterval(() => ends.push(jobs.start()), 50)
  return {
    close() {
      clearInterval(timer)
      for (const end of ends) end()
    },
  }
}
`

test.for([0, 1])(
  'a worker that tells of itself on a disk with %i pages left leaves nothing there',
  async (pages, context) => {
    const tiny = await rigOnTinyDisk(context)
    const { rig, disk, env } = tiny
    writeFileSync(join(rig.work, 'app.mjs'), APP)
    expect((await rig.multi({ env }, 'start', 'w1', '-A', './app.mjs')).code).toBe(0)
    fill(disk, pages)
    const { code, stdout, stderr } = await rig.multi({ env }, 'stopwait', 'w1')
    expectPlainWords(code, stdout + stderr)
    await expectFinishes(tiny, 'stopwait', 'w1')
  },
)

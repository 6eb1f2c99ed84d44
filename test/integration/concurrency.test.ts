import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Finished, pause, processOf, type Rig, type Running, rigFor, until, untilItsMoment } from '../rig/rig.ts'
import { type AtCall, atCall } from './support/at-call.ts'
import { together } from './support/together.ts'
import { expectTruth, freeLock, litter, workersOf } from './support/truth.ts'

const TWENTY = 20

/** Says in its log that it was started. */
const ANNOUNCING = ['--cmd', `sh -c 'echo started; exec sleep 1000'`, '--startsecs=0.1'] as const

/** On a loaded machine the last of twenty waits for longer than the ten seconds after which a command gives up. */
const PATIENT = '--wait-lock=300'

const twenty = (rig: Rig, ...line: [string, ...string[]]): Promise<Finished[]> =>
  together(Array.from({ length: TWENTY }, () => rig.multi(...line, PATIENT)))

const startsOf = (rig: Rig): number => rig.log('w1').split('started').length - 1

/** All twenty are content, and there is and was one worker. */
async function expectOneStart(rig: Rig, ended: readonly Finished[]): Promise<void> {
  for (const { code } of ended) expect(code).toBe(0)
  expect(workersOf(rig).get('w1')).toHaveLength(1)
  expect(startsOf(rig)).toBe(1)
  const [row] = await expectTruth(rig, ['w1'])
  expect(row?.state).toBe('running')
  await freeLock(rig, ['start', 'w1', ...ANNOUNCING])
  expect(litter(rig)).toEqual([])
}

async function stopped(rig: Rig): Promise<void> {
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(workersOf(rig).size).toBe(0)
  expect(litter(rig)).toEqual([])
}

test('twenty starts of one node at the same moment make one worker and exit 0', async (context) => {
  const rig = rigFor(context)
  await expectOneStart(rig, await twenty(rig, 'start', 'w1', ...ANNOUNCING))
  await stopped(rig)
})

test.for<[string, AtCall]>([
  ['that has claimed the start and not begun it', 'KILL create'],
  ['right before the worker was spawned', 'KILL spawn'],
  ['right after the worker was spawned, before it was recorded', 'KILL spawn+'],
])('twenty starts after a multi was killed %s make one worker and exit 0', async ([, where], context) => {
  const rig = rigFor(context)
  const killed = await rig.multi({ env: atCall(where) }, 'start', 'w1', ...ANNOUNCING)
  expect(killed.signal).toBe('SIGKILL')
  expect(litter(rig)).toContain('.w1.pid.multi.claim.1')
  await expectOneStart(rig, await twenty(rig, 'start', 'w1', ...ANNOUNCING))
  await stopped(rig)
})

test('twenty starts after a kill -9 at some moment that left a claim make one worker and exit 0', async (context) => {
  const rig = rigFor(context)
  const left = (): boolean => litter(rig).some((name) => name.includes('.claim.'))
  const begun = performance.now()
  await rig.multi('start', 'w1', ...ANNOUNCING)
  const took = performance.now() - begun
  let claimed = false
  for (let round = 0; round < 200 && !claimed; round++) {
    // Not `stopped`: killed before it did anything, a start leaves its lock, which stays until somebody needs it.
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
    const killed = rig.begin('start', 'w1', ...ANNOUNCING)
    await untilItsMoment((took * (round % 40)) / 40)
    killed.kill('SIGKILL')
    claimed = (await killed.ended).signal === 'SIGKILL' && left()
  }
  expect(claimed).toBe(true)
  const before = startsOf(rig)
  const [living] = workersOf(rig).get('w1') ?? []
  for (const { code } of await twenty(rig, 'start', 'w1', ...ANNOUNCING)) expect(code).toBe(0)
  const [worker, ...doubles] = workersOf(rig).get('w1') ?? []
  expect(doubles).toEqual([])
  expect(worker?.pid).toBe(living?.pid ?? worker?.pid)
  // One that lives may not have come to say so by then.
  expect(startsOf(rig) - before).toBeLessThanOrEqual(1)
  await expectTruth(rig, ['w1'])
  await freeLock(rig, ['start', 'w1', ...ANNOUNCING])
  expect(litter(rig)).toEqual([])
  await stopped(rig)
})

/** As in a claim: this process, which lives. */
function livingOwner(): string {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return [process.pid, processOf(process.pid)?.startTicks, bootId, readlinkSync('/proc/self/ns/pid')].join(' ')
}

test('twenty starts beside the lock and the claim of a process that is long dead make one worker and exit 0', async (context) => {
  const rig = rigFor(context)
  const ended = rig.program(['true'])
  await ended.ended
  await until(() => processOf(ended.pid) === undefined, 'the owner of the claim to be gone')
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const owner = [ended.pid, 1, bootId, readlinkSync('/proc/self/ns/pid')].join(' ')
  symlinkSync(`1 start never-launched ${owner}`, join(rig.run, '.w1.pid.multi.claim.1'))
  const lock = join(rig.run, '.multi.lock')
  mkdirSync(lock)
  utimesSync(lock, new Date(), new Date())
  await expectOneStart(rig, await twenty(rig, 'start', 'w1', ...ANNOUNCING))
  await stopped(rig)
})

test('twenty stopwaits at the same moment send one TERM and exit 0', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.on('SIGTERM', 'stay')
  const waiting = twenty(rig, 'stopwait', 'w1')
  await worker.got('SIGTERM')
  await until(() => rig.record('w1')?.stop, 'the stop to be recorded')
  await worker.exit()
  for (const { code } of await waiting) expect(code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
  expect(litter(rig)).toEqual([])
})

/** How many workers of w1 there ever were at a time, as far as we could see. */
async function mostWorkersDuring(rig: Rig, done: Promise<unknown>): Promise<number> {
  const end = done.then(() => 'over' as const)
  let most = 0
  while ((await Promise.race([end, pause(5)])) !== 'over') {
    most = Math.max(most, workersOf(rig).get('w1')?.length ?? 0)
  }
  return most
}

test('starts, stops and restarts of one node at the same moment never make two workers, and end in what status says', async (context) => {
  const rig = rigFor(context)
  const lines: [string, ...string[]][] = [
    ['start', 'w1', ...ANNOUNCING],
    ['stopwait', 'w1'],
    ['restart', 'w1', ...ANNOUNCING],
    ['stop', 'w1'],
  ]
  const storm = together(
    Array.from({ length: TWENTY }, (_, index) => rig.multi(...(lines[index % 4] ?? ['help']), PATIENT)),
  )
  const most = await mostWorkersDuring(rig, storm)
  // How many were seen depends on how fast we look: that there was one at all, its log says.
  expect(most).toBeLessThanOrEqual(1)
  expect(startsOf(rig)).toBeGreaterThan(0)
  // A start may meet a node that is being stopped, and a restart one that somebody else stops or starts: 1, with a reason.
  for (const { code } of await storm) expect([0, 1]).toContain(code)
  await expectTruth(rig, ['w1'])
  await stopped(rig)
})

async function suspended(rig: Rig, where: AtCall, ...line: [string, ...string[]]): Promise<Running> {
  const first = rig.begin({ env: atCall(where) }, ...line)
  await until(() => processOf(first.pid)?.state === 'T', `the first multi to be suspended`)
  return first
}

async function resumed(first: Running): Promise<Finished> {
  first.kill('SIGCONT')
  return first.ended
}

test.for<[string, AtCall]>([['before its claim', 'STOP symlink']])(
  'a start suspended %s: a second one acts, and there is one worker',
  async ([, where], context) => {
    const rig = rigFor(context)
    // The first symlink of all notes the node for verbs without arguments.
    await rig.multi('start', 'w1', ...ANNOUNCING)
    await stopped(rig)
    const first = await suspended(rig, where, 'start', 'w1', ...ANNOUNCING)
    expect((await rig.multi('start', 'w1', ...ANNOUNCING)).code).toBe(0)
    const [worker] = workersOf(rig).get('w1') ?? []
    const late = await resumed(first)
    expect(late.code).toBe(0)
    expect(
      workersOf(rig)
        .get('w1')
        ?.map(({ pid }) => pid),
    ).toEqual([worker?.pid])
    expect(startsOf(rig)).toBe(2)
    await expectTruth(rig, ['w1'])
    await stopped(rig)
  },
)

test.for<[string, AtCall]>([
  ['with a claim and nothing done', 'STOP create'],
  ['right before the spawn', 'STOP spawn'],
  ['right after the spawn', 'STOP spawn+'],
])(
  'a start suspended %s: a second one waits, says for whom, exits 75, and there is one worker',
  async ([, where], context) => {
    const rig = rigFor(context)
    const first = await suspended(rig, where, 'start', 'w1', ...ANNOUNCING)
    const second = await rig.multi('start', 'w1', ...ANNOUNCING, '--wait-lock=0.5')
    expect(second.code).toBe(75)
    expect(second.stdout + second.stderr).toContain(String(first.pid))
    const third = rig.begin('start', 'w1', ...ANNOUNCING, PATIENT)
    const late = await resumed(first)
    expect(late.code).toBe(0)
    expect((await third.ended).code).toBe(0)
    expect(startsOf(rig)).toBe(1)
    await expectTruth(rig, ['w1'])
    await stopped(rig)
  },
)

test('a stopwait suspended before its claim: a second one stops the worker with one TERM, the first says so too', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const first = await suspended(rig, 'STOP symlink', 'stopwait', 'w1')
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(worker.alive).toBe(false)
  expect((await resumed(first)).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
  await expectTruth(rig, ['w1'])
})

test.for<[string, AtCall]>([
  ['before', 'STOP kill'],
  ['after', 'STOP kill+'],
])(
  'a stopwait suspended right %s its TERM: a second one waits for it, and the worker gets one TERM',
  async ([, where], context) => {
    const rig = rigFor(context)
    const worker = await rig.started('w1')
    await worker.on('SIGTERM', 'stay')
    const first = await suspended(rig, where, 'stopwait', 'w1')
    expect((await rig.multi('stopwait', 'w1', '--wait-lock=0.5')).code).toBe(75)
    const third = rig.begin('stopwait', 'w1', PATIENT)
    first.kill('SIGCONT')
    await worker.got('SIGTERM')
    await until(() => rig.record('w1')?.stop, 'the stop to be recorded')
    await worker.exit()
    expect((await first.ended).code).toBe(0)
    expect((await third.ended).code).toBe(0)
    expect(worker.signals).toEqual(['SIGTERM'])
    await expectTruth(rig, ['w1'])
    expect(litter(rig)).toEqual([])
  },
)

test('a start suspended in the queue past the stale time of its lock: others overtake it, and there is one worker', async (context) => {
  const rig = rigFor(context)
  // The first symlink of all notes the node for verbs without arguments; the next is a claim.
  await rig.multi('start', 'w1', ...ANNOUNCING)
  await stopped(rig)
  const claim = join(rig.run, `.w1.pid.multi.claim.${Number(rig.record('w1')?.generation) + 1}`)
  symlinkSync(`1 start never-launched ${livingOwner()}`, claim)
  const looks = join(rig.directory, 'looks')
  const env = { ...atCall('STOP symlink'), AT_CALL_LOOKS: looks }
  const first = rig.begin({ env }, 'start', 'w1', ...ANNOUNCING)
  await until(() => existsSync(looks), 'it to find the node claimed')
  unlinkSync(claim)
  await until(() => processOf(first.pid)?.state === 'T', 'the first multi to be suspended before its claim')
  const lock = join(rig.run, '.multi.lock')
  await until(() => Date.now() - statSync(lock).mtimeMs > 2500, 'its lock to be stale')
  for (const { code } of await twenty(rig, 'start', 'w1', ...ANNOUNCING)) expect(code).toBe(0)
  expect((await resumed(first)).code).toBe(0)
  expect(startsOf(rig)).toBe(2)
  await expectTruth(rig, ['w1'])
  await stopped(rig)
})

import { expect, type TestContext, test } from 'vitest'
import { type Finished, type Rig, rigFor } from '../../rig/rig.ts'
import { atCall, listed } from '../support/at-call.ts'
import { together } from '../support/together.ts'
import { expectNoDoubles, expectTruth, expectUp, litter, workersOf } from '../support/truth.ts'

type Line = readonly [string, ...string[]]

const SAID = 'too many files are open (EMFILE); raise the limit (ulimit -n)'

/** It came through, or one line says what there was too little of. */
function expectPlainWords({ code, signal, stdout, stderr }: Finished, failing = 1): void {
  const said = stdout + stderr
  expect(said).not.toContain('internal error')
  expect({ signal, code, said, why: said.includes(SAID) }).toMatchObject(
    code === 0 ? { signal: null } : { signal: null, code: failing, why: true },
  )
}

const TWO = ['w1', 'w2']
const START_TWO: Line = ['start', ...TWO, '--cmd', 'sleep 1000', '--startsecs=0']
const STOP_TWO: Line = ['stopwait', ...TWO]
const AT_ONCE = 4

/** Each call that differs from the one before it in more than numbers: a look at all of /proc is hundreds of the same. */
function distinct(calls: readonly string[]): number[] {
  const shapes = calls.map((call) => call.replace(/^\d+ /, '').replace(/\d+/g, 'N'))
  return shapes.flatMap((shape, at) => (shape === shapes[at - 1] ? [] : [at + 1]))
}

/** The simulator refuses any call; here it is so many, spread over all. */
const TRIED = 12

/** Plays the line for calls of it that need a descriptor: from that one on there is none. */
async function expectPlainWordsAtEveryCall(
  context: TestContext,
  { first, line, failing = 1 }: { first: Line; line: Line; failing?: number },
): Promise<void> {
  const rig = rigFor(context)
  expect((await rig.multi(...first)).code).toBe(0)
  const { env, calls } = listed(rig, 'EMFILE')
  expect((await rig.multi({ env }, ...line)).code).toBe(0)
  const all = distinct(calls())
  const chosen = all.filter((_at, place) => place % Math.ceil(all.length / TRIED) === 0)
  expect((await rig.multi(...STOP_TWO)).code).toBe(0)
  let failed = 0
  const lane = async (from: number, own: Rig): Promise<void> => {
    for (const at of chosen.filter((_at, place) => place % AT_ONCE === from)) {
      expect((await own.multi(...first)).code).toBe(0)
      const ended = await own.multi({ env: atCall(`EMFILE ${at}`) }, ...line)
      expectPlainWords(ended, failing)
      if (ended.code !== 0) failed++
      await expectTruth(own, TWO)
      expect((await own.multi(...line)).code).toBe(0)
      await expectTruth(own, TWO)
      expectNoDoubles(own)
    }
    expect((await own.multi(...START_TWO)).code).toBe(0)
    expect((await own.multi(...STOP_TWO)).code).toBe(0)
    expect(workersOf(own).size).toBe(0)
    expect(litter(own)).toEqual([])
  }
  await together(Array.from({ length: AT_ONCE }, (_, index) => lane(index, rigFor(context))))
  expect(failed).toBeGreaterThan(chosen.length / 4)
}

test('descriptors that run out at any moment of a start: exit 1 in plain words, status is true, the same start finishes', async (context) => {
  await expectPlainWordsAtEveryCall(context, { first: STOP_TWO, line: START_TWO })
})

test('descriptors that run out at any moment of a restart: exit 1 in plain words, status is true, the same restart finishes', async (context) => {
  await expectPlainWordsAtEveryCall(context, { first: START_TWO, line: ['restart', ...TWO, '--startsecs=0'] })
})

test('descriptors that run out at any moment of a stopwait: exit 1 in plain words, status is true, the same stopwait finishes', async (context) => {
  await expectPlainWordsAtEveryCall(context, { first: START_TWO, line: STOP_TWO })
})

test('descriptors that run out at any moment of a status: exit 4, as an init script must not take the workers for dead', async (context) => {
  await expectPlainWordsAtEveryCall(context, { first: START_TWO, line: ['status', ...TWO], failing: 4 })
})

test('a status without nodes says that it cannot look, not that none was ever started', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  const { env, calls } = listed(rig, 'EMFILE')
  expect((await rig.multi({ env }, 'status')).code).toBe(0)
  for (const at of distinct(calls())) {
    const ended = await rig.multi({ env: atCall(`EMFILE ${at}`) }, 'status')
    expectPlainWords(ended, 4)
  }
  const asJson = await rig.multi({ env: atCall('EMFILE 1') }, 'status', '--json')
  expect(asJson.code).toBe(4)
  expect(asJson.json()).toMatchObject({ error: { reason: 'system', message: expect.stringContaining(SAID) as string } })
  await rig.multi('stopwait', 'w1')
})

const TWENTY = Array.from({ length: 20 }, (_, index) => `w${index + 1}`)

let smallest: number | undefined

/** The smallest limit under which Node itself gets as far as us: looked for once. */
async function smallestLimit(rig: Rig): Promise<number> {
  for (let limit = 10; smallest === undefined; limit++) {
    if (limit > 200) throw new Error('Node needs more than 200 descriptors')
    const { code } = await rig.multi({ under: limited(limit) }, '--version')
    if (code === 0) smallest = limit
  }
  return smallest
}

const limited = (limit: number): string[] => ['prlimit', `--nofile=${limit}:${limit}`]

/** From the smallest on: about there it runs out, in other places. */
const LIMITS = 4

/** Under the limit status says what it says without, or that it cannot tell. */
async function expectSameStatus(rig: Rig, limit: number): Promise<void> {
  const free = await rig.multi('status', '--quiet', ...TWENTY)
  const tight = await rig.multi({ under: limited(limit) }, 'status', '--quiet', ...TWENTY)
  const blind = { code: 4, why: true }
  expect([{ code: free.code, why: false }, blind]).toContainEqual({
    code: tight.code,
    why: tight.stderr.includes(SAID),
  })
}

test('a tight limit of descriptors (ulimit -n): each command on twenty nodes works or says so, nothing lost, nothing left', async (context) => {
  const rig = rigFor(context)
  const lowest = await smallestLimit(rig)
  const start: Line = ['start', ...TWENTY, '--cmd', 'sleep 1000', '--startsecs=0']
  const lines: Line[] = [start, ['restart', ...TWENTY, '--startsecs=0'], ['stopwait', ...TWENTY]]
  let failed = 0
  for (let limit = lowest; limit < lowest + LIMITS; limit++) {
    for (const line of lines) {
      const ended = await rig.multi({ under: limited(limit) }, ...line)
      expectPlainWords(ended)
      if (ended.code !== 0) failed++
      await expectTruth(rig, TWENTY)
      await expectSameStatus(rig, limit)
      expect((await rig.multi(...line)).code).toBe(0)
      expectUp(rig, line[0] === 'stopwait' ? [] : TWENTY, `${line[0]} under a limit of ${limit}, done again without`)
    }
    // The lock of a command that had nothing else left to do stays, until somebody needs it.
    expect(litter(rig).filter((name) => name !== '.multi.lock')).toEqual([])
  }
  // Node needs as many as we do, or more: then this has shown that no number of nodes takes more.
  expect(failed).toBeLessThan(LIMITS * lines.length)
})

test('twenty nodes are started with no more descriptors than one', async (context) => {
  const rig = rigFor(context)
  const options = ['--cmd', 'sleep 1000', '--startsecs=0'] as const
  let limit = await smallestLimit(rig)
  while ((await rig.multi({ under: limited(limit) }, 'start', 'w1', ...options)).code !== 0) limit++
  expect(await rig.multi({ under: limited(limit) }, 'start', ...TWENTY, ...options)).toMatchObject({ code: 0 })
  expectUp(rig, TWENTY, `started under a limit of ${limit}`)
  expect((await rig.multi('stopwait', ...TWENTY)).code).toBe(0)
})

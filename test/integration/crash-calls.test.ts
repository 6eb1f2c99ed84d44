import { expect, type TestContext, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'
import { atCall, listed } from './support/at-call.ts'
import { together } from './support/together.ts'
import { expectNoDoubles, expectTruth, litter, workersOf } from './support/truth.ts'

const NODES = ['w1', 'w2']
const START = ['start', ...NODES, '--cmd', 'sleep 1000', '--startsecs=0'] as const
const RESTART = ['restart', ...NODES, '--startsecs=0'] as const
const STOPWAIT = ['stopwait', ...NODES] as const

async function succeed(rig: Rig, line: readonly [string, ...string[]]): Promise<void> {
  expect((await rig.multi(...line)).code).toBe(0)
}

interface Scenario {
  readonly line: readonly [string, ...string[]]
  /** Brings the nodes to where the line begins. */
  readonly first: readonly [string, ...string[]]
  /** What is up when it has succeeded. */
  readonly up: readonly string[]
}

/** Each rig tries every sixth call: a killed command's lock takes two seconds to count as stale, in which nobody works. */
const AT_ONCE = 6

/** The simulator is killed before every call; here every third, unless all are asked for, and always the last two. */
const STRIDE = process.env['MULTI_SWEEP_ALL'] === '1' ? 1 : 3

async function expectRecoveryAtEveryCall(context: TestContext, scenario: Scenario): Promise<void> {
  const rig = rigFor(context)
  await succeed(rig, scenario.first)
  const { env, calls } = listed(rig)
  expect((await rig.multi({ env }, ...scenario.line)).code).toBe(0)
  const all = calls()
  expect(all.length).toBeGreaterThan(15)
  await succeed(rig, STOPWAIT)
  const chosen = all.flatMap((_call, at) => (at % STRIDE === 0 || at >= all.length - 2 ? at : []))
  const lanes = Array.from({ length: AT_ONCE }, (_, lane) => chosen.filter((_at, place) => place % AT_ONCE === lane))
  const hits = await together(lanes.map((lane) => tryThem(rigFor(context), scenario, lane, all)))
  // Nodes that come down together make fewer changes, so the last may not be reached.
  expect(hits.reduce((sum, hit) => sum + hit, 0)).toBeGreaterThan(chosen.length / 2)
}

async function tryThem(rig: Rig, { line, first, up }: Scenario, lane: readonly number[], all: readonly string[]) {
  let hits = 0
  for (const at of lane) {
    const where = `killed before ${all[at]}`
    await succeed(rig, first)
    const killed = await rig.multi({ env: atCall(`KILL ${at + 1}`) }, ...line)
    if (killed.signal === 'SIGKILL') hits++
    else expect(killed.code).toBe(0)
    await expectTruth(rig, NODES)
    await succeed(rig, line)
    expectNoDoubles(rig)
    // The lock of one that had nothing else left to do stays, until somebody needs it.
    const left = litter(rig).filter((name) => name !== '.multi.lock')
    expect({ where, left, up: [...workersOf(rig).keys()].sort() }).toEqual({ where, left: [], up })
  }
  await succeed(rig, START)
  await succeed(rig, STOPWAIT)
  expect(litter(rig)).toEqual([])
  return hits
}

test('start that is killed before one or another of its changes: status is true, the same start finishes', async (context) => {
  await expectRecoveryAtEveryCall(context, { line: START, first: STOPWAIT, up: NODES })
})

test('stopwait that is killed before any one of its changes: status is true, the same stopwait finishes', async (context) => {
  await expectRecoveryAtEveryCall(context, { line: STOPWAIT, first: START, up: [] })
})

test('restart that is killed before any one of its changes: status is true, the same restart finishes', async (context) => {
  await expectRecoveryAtEveryCall(context, { line: RESTART, first: START, up: NODES })
})

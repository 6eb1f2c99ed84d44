import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { expect, type TestContext, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'
import { together } from './support/together.ts'
import { expectNoDoubles, expectTruth, litter, workersOf } from './support/truth.ts'

const SEED = Number(process.env['MULTI_SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = Number(process.env['MULTI_ROUNDS'] ?? 100)
/** A killed command's lock takes two seconds to count as stale: rigs side by side wait them out together. */
const RIGS = 5

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Line = readonly [string, ...string[]]

interface Fleet {
  readonly nodes: readonly string[]
  readonly start: Line
  readonly restart: Line
  readonly stopwait: Line
}

const VERBS = ['start', 'restart', 'stopwait'] as const
type VerbName = (typeof VERBS)[number]

function fleetOf(count: number, command: string): Fleet {
  const nodes = Array.from({ length: count }, (_, index) => `w${index + 1}`)
  return {
    nodes,
    start: ['start', ...nodes, '--cmd', command, '--startsecs=0.05'],
    restart: ['restart', ...nodes, '--startsecs=0.05'],
    stopwait: ['stopwait', ...nodes],
  }
}

async function timed(rig: Rig, line: Line): Promise<number> {
  const begun = performance.now()
  expect((await rig.multi(...line)).code).toBe(0)
  return performance.now() - begun
}

const expectUp = (rig: Rig, nodes: readonly string[], what: string): void => {
  expectNoDoubles(rig)
  expect({ what, up: [...workersOf(rig).keys()].sort() }).toEqual({ what, up: [...nodes].sort() })
}

/** Start, restart, stopwait, again and again, each killed at a random moment and then done once more. */
async function rounds(rig: Rig, fleet: Fleet, count: number, random: () => number): Promise<number> {
  const took: Record<VerbName, number> = { start: 0, restart: 0, stopwait: 0 }
  for (const verb of VERBS) took[verb] = await timed(rig, fleet[verb])
  let hit = 0
  for (let round = 0; round < count; round++) {
    const verb = VERBS[round % VERBS.length] ?? 'start'
    const delay = random() * took[verb]
    const what = `round ${round}, ${verb} killed after ${delay.toFixed(1)} of ${took[verb].toFixed(0)} ms`
    const killed = rig.begin(...fleet[verb])
    await rest(delay) // The moment of the kill, not a wait for anything.
    killed.kill('SIGKILL')
    if ((await killed.ended).signal === 'SIGKILL') hit++
    await expectTruth(rig, fleet.nodes)
    await timed(rig, fleet[verb])
    expectUp(rig, verb === 'stopwait' ? [] : fleet.nodes, what)
  }
  // One whole turn that nobody disturbs: after it nothing is left of all that was.
  for (const verb of VERBS) await timed(rig, fleet[verb])
  expect(litter(rig)).toEqual([])
  expectUp(rig, [], 'at the end')
  return hit
}

async function expectRecoveryAtRandom(
  context: TestContext,
  total: number,
  fleetFor: (rig: Rig) => Fleet,
): Promise<void> {
  console.log(`seed ${SEED}: MULTI_SEED=${SEED} repeats it`)
  const hits = await together(
    Array.from({ length: RIGS }, (_, index) => {
      const rig = rigFor(context)
      return rounds(rig, fleetFor(rig), Math.ceil(total / RIGS), randomFrom(SEED + index))
    }),
  )
  // Some commands are faster than their delay; if most were, this would prove nothing.
  expect(hits.reduce((sum, hit) => sum + hit, 0)).toBeGreaterThan(total / 2)
}

test(`kill -9 at random moments of start, restart and stopwait of ten: status is true, the same command finishes (${ROUNDS} rounds)`, async (context) => {
  await expectRecoveryAtRandom(context, ROUNDS, () => fleetOf(10, 'sleep 1000'))
}, 600_000)

/** Writes its own pidfile, late, as Celery does, and removes it when it ends. */
const LATE = `#!/bin/sh
for word; do case $word in --pidfile=*) pidfile=\${word#--pidfile=} ;; esac; done
trap 'kill $!; rm -f "$pidfile"; exit 0' TERM
sleep 0.2 & wait
echo $$ > "$pidfile"
sleep 1000 & wait
`

function lateCelery(rig: Rig): string {
  const directory = join(rig.directory, 'bin')
  mkdirSync(directory)
  const program = join(directory, 'celery')
  writeFileSync(program, LATE)
  chmodSync(program, 0o755)
  return program
}

const LATE_ROUNDS = Math.ceil(ROUNDS / 3)

test(`the same with workers that write their own pidfile, late (${LATE_ROUNDS} rounds)`, async (context) => {
  await expectRecoveryAtRandom(context, LATE_ROUNDS, (rig) => fleetOf(5, lateCelery(rig)))
}, 600_000)

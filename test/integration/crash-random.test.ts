import { expect, type TestContext, test } from 'vitest'
import { type Fleet, fleetOf, VERBS, WORKERS } from '../chaos/fleet.ts'
import { chaosRound, type Known } from '../chaos/round.ts'
import { killedAndDoneAgain, succeed, undisturbed, verbAt } from '../chaos/turn.ts'
import { type Rig, rigFor } from '../rig/rig.ts'
import { mulberry32 } from '../sim/prng.ts'
import { together } from './support/together.ts'
import { expectUp, freeLock, litter } from './support/truth.ts'

const SEED = Number(process.env['MULTI_SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = Number(process.env['MULTI_ROUNDS'] ?? 20)
/** A killed command's lock takes two seconds to count as stale: rigs side by side wait them out together. */
const RIGS = 5

/** One kill of so many, at least, comes before the end of its command; else nothing would be proven. */
const KILLS_A_HIT = 4

/** Start, restart, stopwait, again and again, each killed at a random moment and then done once more, until `count` kills hit. */
async function rounds(rig: Rig, fleet: Fleet, count: number, random: () => number): Promise<void> {
  const took = await undisturbed(rig, fleet)
  let hits = 0
  for (let turn = 0; hits < count; turn++) {
    expect(turn, `kills, of which ${hits} came in time`).toBeLessThan(count * KILLS_A_HIT)
    if (await killedAndDoneAgain(rig, fleet, verbAt(turn), took, random)) hits++
  }
  // One whole turn that nobody disturbs: after it nothing is left of all that was.
  for (const verb of VERBS) await succeed(rig, fleet.lines[verb])
  await freeLock(rig, fleet.lines.stopwait)
  expect(litter(rig)).toEqual([])
  expectUp(rig, [], 'all of it')
}

async function expectRecoveryAtRandom(
  context: TestContext,
  total: number,
  fleetFor: (rig: Rig) => Fleet,
): Promise<void> {
  console.log(`seed ${SEED}: MULTI_SEED=${SEED} repeats it`)
  await together(
    Array.from({ length: RIGS }, (_, index) => {
      const rig = rigFor(context)
      return rounds(rig, fleetFor(rig), Math.ceil(total / RIGS), mulberry32(SEED + index))
    }),
  )
}

test(`kill -9 at random moments of start, restart and stopwait of ten: status is true, the same command finishes (${ROUNDS} rounds)`, async (context) => {
  await expectRecoveryAtRandom(context, ROUNDS, () => fleetOf(10, { command: WORKERS.sleeps() }))
})

const LATE_ROUNDS = Math.ceil(ROUNDS / 3)

test(`the same with workers that write their own pidfile, late (${LATE_ROUNDS} rounds)`, async (context) => {
  const command = WORKERS['writes its own pidfile, late']
  await expectRecoveryAtRandom(context, LATE_ROUNDS, (rig) => fleetOf(5, { command: command(rig) }))
})

/** As `npm run chaos` does it, which plays more of them. */
test(`kill -9 of start, restart --rolling and stopwait of twenty: at the end nobody and nothing is left (${ROUNDS} rounds)`, async (context) => {
  console.log(`seed ${SEED}: npm run chaos -- --rounds ${ROUNDS} --seed ${SEED} repeats it`)
  const enough = (ROUNDS * VERBS.length) / 2
  let played = 0
  let hits = 0
  const isOver = (): boolean => played >= ROUNDS && (hits > enough || played >= ROUNDS * KILLS_A_HIT)
  const lane = async (): Promise<void> => {
    const known: Known = new Map()
    while (!isOver()) {
      const hit = await chaosRound(rigFor(context), SEED + played++, known)
      hits += hit
    }
  }
  await together(Array.from({ length: RIGS }, lane))
  expect(hits, 'kills that came in time').toBeGreaterThan(enough)
})

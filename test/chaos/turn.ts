import assert from 'node:assert/strict'
import { expectTruth, expectUp } from '../integration/support/truth.ts'
import { type Rig, untilItsMoment } from '../rig/rig.ts'
import { type Fleet, type Line, VERBS, type VerbName } from './fleet.ts'

/** How long each command takes when nobody disturbs it, in ms, as far as is known: within that time it is killed. */
export type Durations = Record<VerbName, number>

/** Growth of an estimate after a hit, which says nothing about how long the command would have gone on. */
const LONGER = 1.1

/** What a kill taught: one that came too late came after the whole time that the command takes now. */
function learn(took: Durations, verb: VerbName, delay: number, hit: boolean): void {
  took[verb] = hit ? took[verb] * LONGER : delay
}

export async function succeed(rig: Rig, line: Line): Promise<void> {
  const { code, stdout, stderr } = await rig.multi(...line)
  assert.equal(code, 0, `multi ${line[0]} ended with ${code}:\n${stdout}${stderr}`)
}

async function timed(rig: Rig, line: Line): Promise<number> {
  const begun = performance.now()
  await succeed(rig, line)
  return performance.now() - begun
}

/** Start, restart and stopwait, undisturbed, and how long each took. */
export async function undisturbed(rig: Rig, { lines }: Fleet): Promise<Durations> {
  return {
    start: await timed(rig, lines.start),
    restart: await timed(rig, lines.restart),
    stopwait: await timed(rig, lines.stopwait),
  }
}

/**
 * One command, killed at a moment that `random` chooses: the next status is true, and the same command finishes the work.
 * Answers whether it was hit: it may have been faster; then the next one of its kind is killed sooner.
 */
export async function killedAndDoneAgain(
  rig: Rig,
  { nodes, lines }: Fleet,
  verb: VerbName,
  took: Durations,
  random: () => number,
): Promise<boolean> {
  const delay = random() * took[verb]
  const killed = rig.begin(...lines[verb])
  await untilItsMoment(delay)
  killed.kill('SIGKILL')
  const hit = (await killed.ended).signal === 'SIGKILL'
  learn(took, verb, delay, hit)
  try {
    await expectTruth(rig, nodes)
    await succeed(rig, lines[verb])
    expectUp(rig, verb === 'stopwait' ? [] : nodes, `${verb}, done again`)
  } catch (error) {
    throw new Error(`${verb}, killed after ${delay.toFixed(1)} ms`, { cause: error })
  }
  return hit
}

/** The verb of the n-th command of a life that goes on and on. */
export const verbAt = (turn: number): VerbName => VERBS[turn % VERBS.length] ?? 'start'

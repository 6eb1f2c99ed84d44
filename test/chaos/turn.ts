import assert from 'node:assert/strict'
import { expectTruth, expectUp } from '../integration/support/truth.ts'
import { type Rig, untilItsMoment } from '../rig/rig.ts'
import { type Fleet, type Line, VERBS, type VerbName } from './fleet.ts'

/** How long each command takes when nobody disturbs it, in ms: within that time it is killed. */
export type Durations = Readonly<Record<VerbName, number>>

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
 * Answers whether it was hit: it may have been faster.
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
  try {
    await expectTruth(rig, nodes)
    await succeed(rig, lines[verb])
    expectUp(rig, verb === 'stopwait' ? [] : nodes, `${verb}, done again`)
  } catch (error) {
    throw new Error(`${verb}, killed after ${delay.toFixed(1)} of about ${took[verb].toFixed(0)} ms`, { cause: error })
  }
  return hit
}

/** The verb of the n-th command of a life that goes on and on. */
export const verbAt = (turn: number): VerbName => VERBS[turn % VERBS.length] ?? 'start'

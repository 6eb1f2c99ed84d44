import assert from 'node:assert/strict'
import { freeLock, litter } from '../integration/support/truth.ts'
import type { Rig } from '../rig/rig.ts'
import { mulberry32 } from '../sim/prng.ts'
import { type Fleet, fleetOf, VERBS, WORKERS, type WorkerKind } from './fleet.ts'
import { type Durations, killedAndDoneAgain, undisturbed } from './turn.ts'

export const NODES = 20

const KINDS = Object.keys(WORKERS) as WorkerKind[]

function fleetFor(rig: Rig, kind: WorkerKind): Fleet {
  return fleetOf(NODES, { command: WORKERS[kind](rig), restart: ['--rolling=4'] })
}

/** What the rounds of one lane have learnt: commands of each kind of worker take their own time. */
export type Known = Map<WorkerKind, Durations>

async function durationsOf(rig: Rig, fleet: Fleet, kind: WorkerKind, known: Known): Promise<Durations> {
  const took = known.get(kind) ?? (await undisturbed(rig, fleet))
  known.set(kind, took)
  return took
}

/** A round that broke a promise: what kind of workers it had. */
const inRound = (kind: WorkerKind, error: unknown): Error =>
  new Error(`${NODES} workers, each of which ${kind}: ${reasonsOf(error).join(': ')}`)

function reasonsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  return [error.message, ...(error.cause === undefined ? [] : reasonsOf(error.cause))]
}

/**
 * Twenty workers through start, a rolling restart and stopwait, each command killed once; at the end nobody and nothing is left.
 * The seed decides what the workers are like and when the kills come. Answers how many commands were hit before their end.
 */
export async function chaosRound(rig: Rig, seed: number, known: Known): Promise<number> {
  const random = mulberry32(seed)
  const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'sleeps'
  const fleet = fleetFor(rig, kind)
  const took = await durationsOf(rig, fleet, kind, known)
  let hits = 0
  try {
    for (const verb of VERBS) if (await killedAndDoneAgain(rig, fleet, verb, took, random)) hits++
    await expectNothingLeft(rig)
  } catch (error) {
    throw inRound(kind, error)
  }
  return hits
}

async function expectNothingLeft(rig: Rig): Promise<void> {
  await freeLock(rig, ['stopwait', 'w1'])
  assert.deepEqual(litter(rig), [], 'files left')
  assert.deepEqual(rig.processes(), [], 'processes left')
}

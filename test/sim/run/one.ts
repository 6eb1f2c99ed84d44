import fc from 'fast-check'
import { FLAVOURS, type Flavour, schedules } from '../schedules/flavours.ts'
import { complaintsOf, type Schedule } from '../schedules/schedule.ts'

/** A run that broke a promise: its schedule as it was drawn, and the smallest that still does. */
export interface Failed {
  readonly seed: number
  readonly flavour: Flavour
  readonly schedule: Schedule
  readonly complaints: readonly string[]
  readonly shrunk: Schedule
}

interface OneOptions {
  /** Default true: looks for a smaller schedule that fails as well. */
  readonly shrink?: boolean
  readonly flavours?: readonly Flavour[]
  /** Plays it and says what was wrong. */
  readonly judge?: typeof complaintsOf
}

/** Neighbouring seeds shall have nothing in common (the finalizer of MurmurHash3; it maps no two seeds to the same). */
function mixed(seed: number): number {
  let hash = seed | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

const arbitraries = new Map<Flavour, fc.Arbitrary<Schedule>>()

function schedulesOf(flavour: Flavour): fc.Arbitrary<Schedule> {
  const known = arbitraries.get(flavour) ?? schedules(flavour)
  arbitraries.set(flavour, known)
  return known
}

/** Draws the schedule of a seed and plays it. The seed alone decides everything. */
export async function runSeed(
  seed: number,
  { shrink = true, flavours = FLAVOURS, judge = complaintsOf }: OneOptions = {},
): Promise<Failed | undefined> {
  const hash = mixed(seed)
  const flavour = flavours[(hash >>> 0) % flavours.length] as Flavour
  let drawn: Schedule | undefined
  let complaints: readonly string[] = []
  const property = fc.asyncProperty(schedulesOf(flavour), async (schedule) => {
    const found = await judge(schedule)
    if (drawn === undefined) {
      drawn = schedule
      complaints = found
    }
    return found.length === 0
  })
  const { failed, counterexample } = await fc.check(property, { seed: hash, numRuns: 1, endOnFailure: !shrink })
  if (!failed || drawn === undefined) return undefined
  return { seed, flavour, schedule: drawn, complaints, shrunk: counterexample?.[0] ?? drawn }
}

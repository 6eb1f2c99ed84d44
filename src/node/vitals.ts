import { parseVitals, VITALS_LIMIT, VITALS_PERIOD_MS, type Vitals } from '../model/vitals.ts'
import type { System } from '../system/port.ts'
import type { Launch } from './record.ts'

/** What a worker said of itself, and how long ago, ms. */
export interface Heard extends Vitals {
  readonly heardMs: number
}

/** Wall clocks of two writings may differ a little from the order of events. */
const TOLERANCE_MS = 2000

/** After three missed beats what it said last is old news; before that it lives, also where its process cannot be seen. */
export const SILENT_AFTER_MS = 3 * VITALS_PERIOD_MS

/**
 * Reads the vitals of a launch. Believed only if the file is the worker's user's own, says the worker's pid, and was written
 * after the start: an older worker's, a neighbour's or a forged file says nothing.
 */
export async function readVitals(system: System, launch: Launch): Promise<Heard | undefined> {
  if (!launch.vitals) return undefined
  const read = await system.readFile(launch.vitals.path, VITALS_LIMIT)
  if (read.found !== 'text' || read.uid !== launch.vitals.uid) return undefined
  const vitals = parseVitals(read.text)
  if (!vitals || vitals.pid !== launch.identity.pid) return undefined
  // Whichever is older: a worker may write any time into its file, but not the file's own.
  const writtenAt = Math.min(vitals.updatedAt, read.mtimeMs)
  const now = system.wall()
  // From times to come it would look as if it had just spoken, however long it is silent.
  if (writtenAt < launch.startedAt - TOLERANCE_MS || writtenAt > now + TOLERANCE_MS) return undefined
  return { ...vitals, updatedAt: writtenAt, heardMs: Math.max(0, now - writtenAt) }
}

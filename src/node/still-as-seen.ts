import type { Target } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import type { Claim } from './claim.ts'
import { claimPath } from './files.ts'
import type { Seen } from './observe.ts'
import { readPidfile } from './pidfile.ts'
import { type RecordRead, readRecord } from './record.ts'

/**
 * The last look, if it still holds under `claimed`, which has just been made: nobody held one then, and neither the record nor the
 * pidfile has changed since. Whoever starts, signals or clears leaves a trace in one of them, so what was seen of the processes
 * needs no second look: one that has ended meanwhile is found by the effect itself, which verifies whom it signals.
 * So it is of what was presumed from the record, without any look. Undefined: look anew.
 */
export async function stillAsSeen(
  system: System,
  target: Target,
  seen: Seen,
  claimed: Claim | undefined,
): Promise<Seen | undefined> {
  const { top, leftover, next } = seen.claims
  if (top || leftover || claimed?.generation !== next) return undefined
  // Those of another pid namespace cannot see that we live, and claim above us.
  if ((await system.readlink(claimPath(target.pidfile, next + 1))) !== undefined) return undefined
  if (!isSameRecord(seen.recordRead, await readRecord(system, target.pidfile))) return undefined
  if (!(await isSamePidfile(system, target, seen.pidfile))) return undefined
  return { ...seen, claims: { abandoned: [], next: next + 1, top: { claim: claimed, holder: 'ours' } } }
}

/** A text that has not changed gives the very same answer. */
const isSameRecord = (before: RecordRead, now: RecordRead): boolean =>
  before === now || (before.is === 'absent' && now.is === 'absent')

async function isSamePidfile(system: System, { pidfile }: Target, before: Seen['pidfile']): Promise<boolean> {
  if (before.is === 'unread') return true // What it says did not matter, and does not now.
  const now = await readPidfile(system, pidfile)
  return before.is === 'pid' && now.is === 'pid'
    ? before.pid === now.pid && before.uid === now.uid && before.mtimeMs === now.mtimeMs
    : before.is === 'absent' && now.is === 'absent'
}

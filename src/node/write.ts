import type { AbsPath } from '../model/names.ts'
import { ok } from '../model/result.ts'
import type { Attempt, Owner, System } from '../system/port.ts'
import { claimPath, directoryOf, draftPath, litterOf, nameOf, recordPath } from './files.ts'
import { formatRecord, type NodeRecord, recordWritten } from './record.ts'

/** Replaces a file in three steps, so that a reader finds the old one or the new one, and whoever is killed leaves one of them. */
async function replaceFile(
  system: System,
  path: AbsPath,
  draft: AbsPath,
  text: string,
  mode: number,
  owner?: Owner,
): Attempt {
  let made = await system.createFile(draft, text, mode, owner)
  if (!made.ok && made.error.code === 'EEXIST') {
    // Named after this very process: an earlier try of ours that failed half-way.
    const removed = await system.remove(draft)
    if (!removed.ok) return removed
    made = await system.createFile(draft, text, mode, owner)
  }
  if (!made.ok) return made
  const moved = await system.rename(draft, path)
  if (!moved.ok) await system.remove(draft)
  return moved
}

/** Holder of the claim only. 0600: argv may hold what others should not read. */
export async function writeRecord(system: System, record: NodeRecord, owner: Owner | undefined): Attempt {
  const text = formatRecord(record)
  const draft = draftPath(record.pidfile, system.self.identity)
  const written = await replaceFile(system, recordPath(record.pidfile), draft, text, 0o600, owner)
  if (written.ok) recordWritten(system, record, text, owner?.uid ?? system.self.uid)
  return written
}

/** Digits and a newline, nothing else: init scripts parse it. */
export const writePidfile = (system: System, pidfile: AbsPath, pid: number): Attempt =>
  replaceFile(system, pidfile, draftPath(pidfile, system.self.identity), `${pid}\n`, 0o644)

/** Removes what killed commands left of claims that the record has voided: without the record they would be in force again. */
export async function removeVoided(system: System, pidfile: AbsPath, recorded: number): Attempt {
  const names = await system.list(directoryOf(pidfile))
  if (!names.ok) return names
  for (const name of names.value) {
    const litter = litterOf(name)
    if (litter?.kind !== 'claim' || litter.generation > recorded || litter.pidfile !== nameOf(pidfile)) continue
    const removed = await system.remove(claimPath(pidfile, litter.generation))
    if (!removed.ok) return removed
  }
  return ok(undefined)
}

/** Gives the right to change the node back; the highest last, so that whoever looks in between still finds it taken. */
export async function releaseClaims(system: System, pidfile: AbsPath, lowest: number, ours: number): Attempt {
  for (let generation = lowest; generation <= ours; generation++) {
    const removed = await system.remove(claimPath(pidfile, generation))
    if (!removed.ok) return removed
  }
  return ok(undefined)
}

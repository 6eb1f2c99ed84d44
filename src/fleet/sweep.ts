import type { AbsPath } from '../model/names.ts'
import { isDead } from '../model/process.ts'
import { litterOf, nameOf } from '../node/files.ts'
import { readRecord } from '../node/record.ts'
import { LOCK_NAME, type System } from '../system/port.ts'
import type { Run } from './run.ts'

/**
 * Removes what killed commands left beside our nodes' pidfiles: drafts whose writer is gone, claims that a record has voided, and
 * a stale lock. Claims that are still in force stay: they say what may have been started.
 */
export async function sweep(system: System, directory: AbsPath, runs: readonly Run[]): Promise<void> {
  const names = await system.list(directory)
  if (!names.ok) return
  if (names.value.includes(LOCK_NAME)) await freeLock(system, directory)
  const pidfiles = new Map(runs.map(({ task: { target } }) => [nameOf(target.pidfile), target.pidfile]))
  for (const name of names.value) {
    const litter = litterOf(name)
    const pidfile = litter && pidfiles.get(litter.pidfile)
    if (!litter || pidfile === undefined) continue
    const left =
      litter.kind === 'claim'
        ? litter.generation <= (await recordedNow(system, pidfile))
        : await isGone(system, litter.pid, litter.startTicks)
    if (left) await system.remove(`${directory}/${name}` as AbsPath)
  }
}

/** After the listing: of a node that was forgotten and started anew meanwhile, the numbers begin again. */
async function recordedNow(system: System, pidfile: AbsPath): Promise<number> {
  const read = await readRecord(system, pidfile)
  return read.is === 'record' ? read.record.generation : 0
}

/** To take it and give it back removes one that is stale; one that is held stays. */
async function freeLock(system: System, directory: AbsPath): Promise<void> {
  if ((await system.stat(`${directory}/${LOCK_NAME}` as AbsPath))?.kind !== 'directory') return
  const lock = await system.lock(directory, 0)
  if (lock.ok) await lock.value?.release()
}

async function isGone(system: System, pid: number, startTicks: number): Promise<boolean> {
  const read = await system.process(pid)
  if (read.found === 'unreadable') return false
  return read.found === 'nothing' || read.facts.startTicks !== startTicks || isDead(read.facts)
}

import type { AbsPath } from '../model/names.ts'
import type { LaunchPlan } from '../model/spec.ts'
import { nodeKey } from '../node/key.ts'
import type { System } from '../system/port.ts'
import { makeDirectories } from './make-directories.ts'

/**
 * Where a worker may write its vitals: RUN/vitals/UID/KEY.json, in a directory of that user's that nobody else may write
 * or read. undefined when it cannot be had: then the worker is mute, and counts by what can be seen of it.
 */
export async function placeForVitals(
  system: System,
  run: AbsPath,
  plan: LaunchPlan,
  /** By uid: what was found for an earlier node of this command. */
  found: Map<number, Promise<AbsPath | undefined>> = new Map(),
): Promise<AbsPath | undefined> {
  const uid = plan.uid ?? system.self.uid
  const directory = found.get(uid) ?? directoryFor(system, run, uid, plan.gid)
  found.set(uid, directory)
  const own = await directory
  return own && (`${own}/${nodeKey(plan.pidfile)}.json` as AbsPath)
}

async function directoryFor(
  system: System,
  run: AbsPath,
  uid: number,
  gid: number | undefined,
): Promise<AbsPath | undefined> {
  const { uid: self } = system.self
  const above = `${run}/vitals` as AbsPath
  const own = `${above}/${uid}` as AbsPath
  // Root's has the directories of many users in it, each of which must be able to reach its own.
  const shared = await makeDirectories(system, above, self === 0 ? 0o755 : 0o700)
  if (!shared.ok) return undefined
  const made = await system.makeDirectory(own, 0o700)
  if (made.ok && uid !== self && !(await system.changeOwner(own, uid, gid ?? system.self.gid)).ok) return undefined
  const there = await system.stat(own)
  const isTheirs = there?.kind === 'directory' && there.uid === uid && (there.mode & 0o022) === 0
  return isTheirs ? own : undefined
}

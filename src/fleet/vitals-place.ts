import type { AbsPath } from '../model/names.ts'
import type { LaunchPlan } from '../model/spec.ts'
import { nodeKey } from '../node/key.ts'
import type { System } from '../system/port.ts'
import { makeDirectories } from './make-directories.ts'

/**
 * Where a worker may write its vitals: RUN/vitals/UID/KEY.json, in a directory of that user's that nobody else may write
 * or read. undefined when it cannot be had: then the worker is mute, and counts by what can be seen of it.
 */
export async function placeForVitals(system: System, run: AbsPath, plan: LaunchPlan): Promise<AbsPath | undefined> {
  const { uid: self, gid } = system.self
  const uid = plan.uid ?? self
  const above = `${run}/vitals` as AbsPath
  const own = `${above}/${uid}` as AbsPath
  // Root's has the directories of many users in it, each of which must be able to reach its own.
  const shared = await makeDirectories(system, above, self === 0 ? 0o755 : 0o700)
  if (!shared.ok) return undefined
  const made = await system.makeDirectory(own, 0o700)
  if (made.ok && uid !== self && !(await system.changeOwner(own, uid, plan.gid ?? gid)).ok) return undefined
  const there = await system.stat(own)
  const isTheirs = there?.kind === 'directory' && there.uid === uid && (there.mode & 0o022) === 0
  return isTheirs ? (`${own}/${nodeKey(plan.pidfile)}.json` as AbsPath) : undefined
}

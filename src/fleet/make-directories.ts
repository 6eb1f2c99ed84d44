import type { AbsPath } from '../model/names.ts'
import { ok } from '../model/result.ts'
import { directoryOf } from '../node/files.ts'
import type { Attempt, System } from '../system/port.ts'

/** mkdir -p; answers the directories that were made, the outermost first. */
export async function makeDirectories(system: System, path: AbsPath, mode: number): Attempt<readonly AbsPath[]> {
  if ((await system.statTarget(path))?.kind === 'directory') return ok([])
  const parent = directoryOf(path)
  const above = parent === path ? ok([]) : await makeDirectories(system, parent, mode)
  if (!above.ok) return above
  const made = await system.makeDirectory(path, mode)
  if (made.ok) return ok([...above.value, path])
  // Somebody else made it at the same moment.
  const there = made.error.code === 'EEXIST' && (await system.statTarget(path))?.kind === 'directory'
  return there ? above : made
}

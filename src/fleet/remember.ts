import type { AbsPath } from '../model/names.ts'
import { nodeKey } from '../node/key.ts'
import type { Fault, System } from '../system/port.ts'
import { indexOf } from './catalogue.ts'
import { makeDirectories } from './make-directories.ts'

/** Notes a node for verbs without arguments. */
export async function remember(system: System, state: AbsPath, pidfile: AbsPath): Promise<Fault | undefined> {
  const entry = `${indexOf(state)}/${nodeKey(pidfile)}` as AbsPath
  if ((await system.readlink(entry)) !== undefined) return undefined
  const made = await makeDirectories(system, indexOf(state), 0o700)
  if (!made.ok) return made.error
  const added = await system.symlink(pidfile, entry)
  return added.ok || added.error.code === 'EEXIST' ? undefined : added.error
}

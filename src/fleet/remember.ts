import type { AbsPath } from '../model/names.ts'
import { nodeKey } from '../node/key.ts'
import { readRecord } from '../node/record.ts'
import type { Fault, System } from '../system/port.ts'
import { indexOf } from './catalogue.ts'
import { makeDirectories } from './make-directories.ts'

/** A node without a record is none. If somebody has started it meanwhile, it is noted again. */
export async function unremember(system: System, state: AbsPath, pidfile: AbsPath): Promise<Fault | undefined> {
  const removed = await system.remove(`${indexOf(state)}/${nodeKey(pidfile)}` as AbsPath)
  if (!removed.ok) return removed.error
  return (await readRecord(system, pidfile)).is === 'absent' ? undefined : remember(system, state, pidfile)
}

/** Notes a node for verbs without arguments. */
export async function remember(system: System, state: AbsPath, pidfile: AbsPath): Promise<Fault | undefined> {
  const entry = `${indexOf(state)}/${nodeKey(pidfile)}` as AbsPath
  if ((await system.readlink(entry)) !== undefined) return undefined
  const made = await makeDirectories(system, indexOf(state), 0o700)
  if (!made.ok) return made.error
  const added = await system.symlink(pidfile, entry)
  return added.ok || added.error.code === 'EEXIST' ? undefined : added.error
}

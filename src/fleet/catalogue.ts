import type { AbsPath } from '../model/names.ts'
import { nodeKey } from '../node/key.ts'
import { type NodeRecord, readRecord } from '../node/record.ts'
import type { Fault, System } from '../system/port.ts'
import { makeDirectories } from './make-directories.ts'

/**
 * The nodes that this user has ever started: STATE/index holds one symlink per node, whose text is its pidfile. A symlink
 * is added by one atomic call, so that two commands at once cannot spoil it.
 */
const indexOf = (state: AbsPath): AbsPath => `${state}/index` as AbsPath

/** Notes a node for verbs without arguments. */
export async function remember(system: System, state: AbsPath, pidfile: AbsPath): Promise<Fault | undefined> {
  const entry = `${indexOf(state)}/${nodeKey(pidfile)}` as AbsPath
  if ((await system.readlink(entry)) !== undefined) return undefined
  const made = await makeDirectories(system, indexOf(state), 0o700)
  if (!made.ok) return made.error
  const added = await system.symlink(pidfile, entry)
  return added.ok || added.error.code === 'EEXIST' ? undefined : added.error
}

/** Every recorded node, in the order of their names. Entries without a record are passed over. */
export async function recordedNodes(system: System, state: AbsPath): Promise<NodeRecord[]> {
  const index = indexOf(state)
  const names = await system.list(index)
  if (!names.ok) return []
  const records: NodeRecord[] = []
  for (const name of names.value) {
    const pidfile = await system.readlink(`${index}/${name}` as AbsPath)
    if (!pidfile?.startsWith('/')) continue
    const read = await readRecord(system, pidfile as AbsPath)
    // The path is where the record was found, whatever the record itself says (a directory may have been moved).
    if (read.is === 'record') records.push({ ...read.record, pidfile: pidfile as AbsPath })
  }
  return records.sort((a, b) => collator.compare(a.name, b.name))
}

/** w2 before w10. */
const collator = new Intl.Collator('en', { numeric: true })

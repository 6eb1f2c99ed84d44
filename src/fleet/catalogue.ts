import type { AbsPath } from '../model/names.ts'
import { type NodeRecord, readRecord } from '../node/record.ts'
import type { System } from '../system/port.ts'

/**
 * The nodes that this user has ever started: STATE/index holds one symlink per node, whose text is its pidfile. A symlink
 * is added by one atomic call, so that two commands at once cannot spoil it.
 */
export const indexOf = (state: AbsPath): AbsPath => `${state}/index` as AbsPath

/** A node whose record is there and cannot be used: `why` is a clause. */
type PassOver = (pidfile: AbsPath, why: string) => void

/** Every recorded node, in the order of their names. Entries without a record are passed over. */
export async function recordedNodes(
  system: System,
  state: AbsPath,
  passOver: PassOver = () => {},
): Promise<NodeRecord[]> {
  const index = indexOf(state)
  const names = await system.list(index)
  if (!names.ok) return []
  const found: { readonly key: string; readonly record: NodeRecord }[] = []
  for (const name of names.value) {
    const pidfile = await system.readlink(`${index}/${name}` as AbsPath)
    if (!pidfile?.startsWith('/')) continue
    const read = await readRecord(system, pidfile as AbsPath)
    if (read.is === 'useless' || read.is === 'blocked') passOver(pidfile as AbsPath, read.why)
    // The path is where the record was found, whatever the record itself says (a directory may have been moved).
    if (read.is !== 'record') continue
    found.push({ key: sortKey(read.record.name), record: { ...read.record, pidfile: pidfile as AbsPath } })
  }
  return found.sort((a, b) => compare(a.key, b.key)).map(({ record }) => record)
}

/** w2 before w10. Intl.Collator could do it, and takes 5 ms to be made. */
const sortKey = (name: string): string => name.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'))
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

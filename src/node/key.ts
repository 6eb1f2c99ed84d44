import { createHash } from 'node:crypto'
import type { AbsPath, NodeKey } from '../model/names.ts'

/** A short name for a pidfile, for directories that many pidfiles share. Readable first, unique by the hash of the path. */
export function nodeKey(pidfile: AbsPath): NodeKey {
  const name = pidfile.slice(pidfile.lastIndexOf('/') + 1).replace(/\.pid$/, '')
  const digest = createHash('sha256').update(pidfile).digest('hex').slice(0, 12)
  return `${name.slice(0, 60)}-${digest}` as NodeKey
}

import type { AbsPath, NodeKey } from '../model/names.ts'

/** Loaded when it is needed, which a stop never does: with all that it brings it takes 2 ms. */
const crypto = () => process.getBuiltinModule('node:crypto')

/** A short name for a pidfile, for directories that many pidfiles share. Readable first, unique by the hash of the path. */
export function nodeKey(pidfile: AbsPath): NodeKey {
  const name = pidfile.slice(pidfile.lastIndexOf('/') + 1).replace(/\.pid$/, '')
  const digest = crypto().createHash('sha256').update(pidfile).digest('hex').slice(0, 12)
  return `${name.slice(0, 60)}-${digest}` as NodeKey
}

import type { FileFacts } from '../../src/system/port.ts'

export interface Actor {
  readonly uid: number
  readonly gid: number
  /** Taken away from the mode of the files it makes; default 022. */
  readonly umask?: number
}

export const ROOT: Actor = { uid: 0, gid: 0 }

export interface Inode {
  readonly kind: 'file' | 'directory' | 'symlink'
  uid: number
  gid: number
  mode: number
  mtimeMs: number
  /** The content of a file, the target of a symlink. */
  text: string
  /** Only of a directory. */
  readonly entries: Map<string, Inode> | undefined
  /** Where it hangs; undefined once it was removed, while a process may still write to it. */
  parent: Inode | undefined
  name: string
}

export const READ = 4
export const WRITE = 2
export const EXECUTE = 1

/** access(2): root may all, but executes only what somebody may execute. */
export function may(inode: Inode, actor: Actor, wanted: number): boolean {
  if (actor.uid === 0) return (wanted & EXECUTE) === 0 || inode.entries !== undefined || (inode.mode & 0o111) !== 0
  const shift = inode.uid === actor.uid ? 6 : inode.gid === actor.gid ? 3 : 0
  return ((inode.mode >> shift) & wanted) === wanted
}

/** Why an entry may not be taken out of its directory; out of a sticky one (/tmp) only its owner may (may_delete() in fs/namei.c). */
export function unlinkRefused(parent: Inode, inode: Inode, actor: Actor): 'EACCES' | 'EPERM' | undefined {
  if (!may(parent, actor, WRITE | EXECUTE)) return 'EACCES'
  const sticky = (parent.mode & 0o1000) !== 0
  return !sticky || actor.uid === 0 || actor.uid === inode.uid || actor.uid === parent.uid ? undefined : 'EPERM'
}

export function pathOf(inode: Inode): string {
  if (inode.parent === undefined) return inode.name === '' ? '' : `${inode.name} (deleted)`
  return `${pathOf(inode.parent)}/${inode.name}`
}

export const sizeOf = (inode: Inode): number => Buffer.byteLength(inode.text)

export const factsOf = (inode: Inode): FileFacts => ({
  kind: inode.kind,
  uid: inode.uid,
  gid: inode.gid,
  mode: inode.mode,
  size: sizeOf(inode),
  mtimeMs: inode.mtimeMs,
})

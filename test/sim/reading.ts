import type { FileFacts, FileRead } from '../../src/system/port.ts'
import { type Actor, factsOf, type Inode, may, READ, sizeOf } from './inode.ts'
import { Tree } from './tree.ts'

const directory = (name: string): Inode => ({
  kind: 'directory',
  uid: 0,
  gid: 0,
  mode: 0o755,
  mtimeMs: 0,
  text: '',
  entries: new Map(),
  parent: undefined,
  name,
})

/** The calls of a small Linux file system that look at it. */
export class Reading {
  readonly tree = new Tree(directory(''))

  read(path: string, actor: Actor, limit: number): FileRead {
    const inode = this.tree.find(path, actor, false)
    if (inode === 'ENOENT' || inode === 'ENOTDIR') return { found: 'nothing' }
    if (typeof inode === 'string') return { found: 'unreadable', code: inode }
    if (inode.kind !== 'file') return { found: 'other', what: `a ${inode.kind}` }
    if (!may(inode, actor, READ)) return { found: 'unreadable', code: 'EACCES' }
    if (sizeOf(inode) > limit) return { found: 'other', what: `a file of ${sizeOf(inode)} bytes` }
    return { found: 'text', text: inode.text, uid: inode.uid, mtimeMs: inode.mtimeMs }
  }

  tail(path: string, actor: Actor, offset: number, limit: number): string {
    const inode = this.tree.find(path, actor, true)
    if (typeof inode === 'string' || inode.kind !== 'file' || !may(inode, actor, READ)) return ''
    const bytes = Buffer.from(inode.text)
    // A file that became shorter was truncated: what is in it now is all new.
    return bytes.subarray(Math.max(bytes.length < offset ? 0 : offset, bytes.length - limit)).toString()
  }

  stat(path: string, actor: Actor, follow: boolean): FileFacts | undefined {
    const inode = this.tree.find(path, actor, follow)
    return typeof inode === 'string' ? undefined : factsOf(inode)
  }

  access(path: string, actor: Actor, wanted: number): boolean {
    const inode = this.tree.find(path, actor, true)
    return typeof inode !== 'string' && may(inode, actor, wanted)
  }

  list(path: string, actor: Actor): readonly string[] | string {
    const inode = this.tree.find(path, actor, true)
    if (typeof inode === 'string') return inode
    if (inode.entries === undefined) return 'ENOTDIR'
    return may(inode, actor, READ) ? [...inode.entries.keys()] : 'EACCES'
  }

  readlink(path: string, actor: Actor): string | undefined {
    const inode = this.tree.find(path, actor, false)
    return typeof inode !== 'string' && inode.kind === 'symlink' ? inode.text : undefined
  }
}

import type { Clock } from './clock.ts'
import { type Actor, EXECUTE, type Inode, may, ROOT, unlinkRefused, WRITE } from './inode.ts'
import { Reading } from './reading.ts'
import { attach, detach, type Place } from './tree.ts'

/** An errno name, or undefined when all went well. */
export type Errno = string | undefined

export const UMASK = 0o022
/** The calls of a small Linux file system that change it, each all or nothing. */
export class Files extends Reading {
  readonly #clock: Clock

  constructor(clock: Clock) {
    super()
    this.#clock = clock
  }

  /** O_EXCL: not even through a symlink that leads nowhere. */
  make(kind: Inode['kind'], path: string, actor: Actor, text: string, mode: number): Errno {
    const place = this.tree.walk(path, actor, false)
    if (typeof place === 'string') return place
    if (place.inode !== undefined) return 'EEXIST'
    if (!may(place.parent, actor, WRITE | EXECUTE)) return 'EACCES'
    const entries = kind === 'directory' ? new Map<string, Inode>() : undefined
    const bits = kind === 'file' ? mode & ~(actor.umask ?? UMASK) : kind === 'symlink' ? 0o777 : mode
    const wall = this.#clock.wall
    const inode: Inode = {
      kind,
      uid: actor.uid,
      gid: actor.gid,
      mode: bits,
      mtimeMs: wall,
      text,
      entries,
      parent: undefined,
      name: '',
    }
    attach(place.parent, place.name, inode, wall)
    return undefined
  }

  rename(from: string, to: string, actor: Actor): Errno {
    const source = this.tree.walk(from, actor, false)
    const target = this.tree.walk(to, actor, false)
    if (typeof source === 'string') return source
    if (typeof target === 'string') return target
    const moved = source.inode
    if (moved === undefined) return 'ENOENT'
    if (moved === target.inode) return undefined
    const refused =
      unlinkRefused(source.parent, moved, actor) ??
      this.#replaceable(target.inode, moved) ??
      this.#placeRefused(target, actor)
    if (refused !== undefined) return refused
    if (target.inode !== undefined) detach(target.inode, this.#clock.wall)
    detach(moved, this.#clock.wall)
    attach(target.parent, target.name, moved, this.#clock.wall)
    return undefined
  }

  /** Whoever may write to a sticky directory may put there what was not there. */
  #placeRefused({ parent, inode }: Pick<Place, 'parent' | 'inode'>, actor: Actor): Errno {
    if (inode !== undefined) return unlinkRefused(parent, inode, actor)
    return may(parent, actor, WRITE | EXECUTE) ? undefined : 'EACCES'
  }

  #replaceable(target: Inode | undefined, by: Inode): Errno {
    if (target === undefined) return undefined
    if (target.entries === undefined) return by.entries === undefined ? undefined : 'ENOTDIR'
    if (by.entries === undefined) return 'EISDIR'
    return target.entries.size === 0 ? undefined : 'ENOTEMPTY'
  }

  remove(path: string, actor: Actor): Errno {
    const place = this.tree.walk(path, actor, false)
    if (place === 'ENOENT') return undefined
    if (typeof place === 'string') return place
    if (place.inode === undefined) return undefined
    if (place.inode.entries !== undefined) return 'EISDIR'
    const refused = unlinkRefused(place.parent, place.inode, actor)
    if (refused !== undefined) return refused
    detach(place.inode, this.#clock.wall)
    return undefined
  }

  /** Takes an entry out, whoever asks. */
  discard(inode: Inode): void {
    detach(inode, this.#clock.wall)
  }

  changeOwner(path: string, uid: number, gid: number, actor: Actor): Errno {
    const inode = this.tree.find(path, actor, false)
    if (typeof inode === 'string') return inode
    if (actor.uid !== 0 && (inode.uid !== actor.uid || uid !== actor.uid || gid !== actor.gid)) return 'EPERM'
    inode.uid = uid
    inode.gid = gid
    return undefined
  }

  /** O_APPEND | O_CREAT: the inode stays the writer's, wherever it is moved (log rotation). */
  openAppend(path: string, actor: Actor, follow: boolean, mode: number): Inode | string {
    const place = this.tree.walk(path, actor, follow)
    if (typeof place === 'string') return place
    if (place.inode === undefined) {
      const code = this.make('file', `${this.#absolute(place.parent)}/${place.name}`, actor, '', mode)
      return code ?? (place.parent.entries?.get(place.name) as Inode)
    }
    if (place.inode.kind === 'symlink') return 'ELOOP'
    if (place.inode.kind === 'directory') return 'EISDIR'
    return may(place.inode, actor, WRITE) ? place.inode : 'EACCES'
  }

  #absolute(inode: Inode): string {
    return inode.parent === undefined ? '' : `${this.#absolute(inode.parent)}/${inode.name}`
  }

  append(inode: Inode, text: string): void {
    inode.text += text
    inode.mtimeMs = this.#clock.wall
  }

  /** As the test wants it: parents are made, what is there is replaced, nobody is asked. */
  put(path: string, text: string, about: Partial<Pick<Inode, 'uid' | 'gid' | 'mode' | 'mtimeMs'>> = {}): Inode {
    this.directory(path.slice(0, path.lastIndexOf('/')))
    this.remove(path, ROOT)
    this.make('file', path, ROOT, text, 0)
    return Object.assign(this.tree.find(path, ROOT, false) as Inode, { mode: 0o644 }, about)
  }

  directory(path: string, about: Partial<Pick<Inode, 'uid' | 'gid' | 'mode'>> = {}): Inode {
    const there = this.tree.find(path, ROOT, true)
    if (typeof there !== 'string') return Object.assign(there, about)
    let at = ''
    for (const part of path.split('/').slice(1)) {
      at += `/${part}`
      if (part !== '') this.make('directory', at, ROOT, '', 0o755)
    }
    return Object.assign(this.tree.find(path, ROOT, true) as Inode, about)
  }
}

import { posix } from 'node:path'
import { type Actor, EXECUTE, type Inode, may, pathOf } from './inode.ts'

/** Where a path leads: the directory that has or would have the entry. */
export interface Place {
  readonly parent: Inode
  readonly name: string
  readonly inode: Inode | undefined
}

/** A place, or an errno name. */
export type Walked = Place | string

const MAX_LINKS = 20
const split = new Map<string, readonly string[]>()

const partsOf = (path: string): readonly string[] => path.split('/').filter((part) => part !== '' && part !== '.')

/** The same few directories are asked for again and again, with ever new names in them. */
function partsOfDirectory(path: string): readonly string[] {
  let parts = split.get(path)
  if (parts === undefined) {
    parts = partsOf(path)
    if (split.size > 10_000) split.clear()
    split.set(path, parts)
  }
  return parts
}

const targetOf = (link: Inode, directory: Inode, rest: readonly string[]): string =>
  posix.normalize([link.text.startsWith('/') ? '' : pathOf(directory), link.text, ...rest].join('/'))

export class Tree {
  readonly root: Inode

  constructor(root: Inode) {
    this.root = root
  }

  /** Links on the way are followed, as the kernel does; the last one only if asked. */
  walk(path: string, actor: Actor, follow: boolean, links = 0): Walked {
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    if (name === '' || name === '.') return this.#walkParts(partsOf(path), actor, follow, links)
    const directories = partsOfDirectory(path.slice(0, slash + 1))
    const at = this.#enter(directories, actor)
    // A link or an error on the way.
    if (at === undefined) return this.#walkParts([...directories, name], actor, follow, links)
    const inode = at.entries?.get(name)
    if (follow && inode?.kind === 'symlink') return this.#follow(inode, at, [], actor, follow, links)
    return { parent: at, name, inode }
  }

  /** Where these lead, if no link and nothing else is in the way. */
  #enter(parts: readonly string[], actor: Actor): Inode | undefined {
    let at: Inode | undefined = this.root
    for (const name of parts) {
      if (!may(at, actor, EXECUTE)) return undefined
      at = at.entries?.get(name)
      if (at?.entries === undefined) return undefined
    }
    return may(at, actor, EXECUTE) ? at : undefined
  }

  #walkParts(parts: readonly string[], actor: Actor, follow: boolean, links: number): Walked {
    let at = this.root
    for (let i = 0; i < parts.length; i++) {
      const name = parts[i] as string
      if (at.entries === undefined) return 'ENOTDIR'
      if (!may(at, actor, EXECUTE)) return 'EACCES'
      const inode = at.entries.get(name)
      const last = i === parts.length - 1
      if (inode?.kind === 'symlink' && (!last || follow))
        return this.#follow(inode, at, parts.slice(i + 1), actor, follow, links)
      if (last) return { parent: at, name, inode }
      if (inode === undefined) return 'ENOENT'
      at = inode
    }
    return { parent: this.root, name: '', inode: this.root }
  }

  #follow(link: Inode, from: Inode, rest: readonly string[], actor: Actor, follow: boolean, links: number): Walked {
    return links >= MAX_LINKS ? 'ELOOP' : this.walk(targetOf(link, from, rest), actor, follow, links + 1)
  }

  /** What is there, or an errno name. */
  find(path: string, actor: Actor, follow: boolean): Inode | string {
    const place = this.walk(path, actor, follow)
    return typeof place === 'string' ? place : (place.inode ?? 'ENOENT')
  }
}

export function attach(parent: Inode, name: string, inode: Inode, wall: number): void {
  parent.entries?.set(name, inode)
  parent.mtimeMs = wall
  inode.parent = parent
  inode.name = name
}

export function detach(inode: Inode, wall: number): void {
  const { parent } = inode
  if (parent === undefined) return
  inode.name = pathOf(inode)
  inode.parent = undefined
  parent.entries?.delete(inode.name.slice(inode.name.lastIndexOf('/') + 1))
  parent.mtimeMs = wall
}

import { LOCK_NAME } from '../../src/system/port.ts'
import type { Clock } from './clock.ts'
import type { Errno, Files } from './files.ts'
import { type Inode, ROOT } from './inode.ts'
import type { Multi } from './multi.ts'

/**
 * `exclusive`: as documented. `twice-when-stale`: whoever was queueing when a stale lock was taken over gets it as well, which
 * proper-lockfile can do (two see it stale; the second removes the first one's new lock). `twice`: everybody always gets it.
 */
export type LockMode = 'exclusive' | 'twice-when-stale' | 'twice'

const STALE_MS = 2000
/** How long after a takeover a second contender may still act on what it had seen. */
const RACE_MS = 50

export interface Ticket {
  readonly path: string
  readonly inode: Inode | undefined
}

interface Takeover {
  readonly at: number
}

/** proper-lockfile as seen from outside: a directory that is made, refreshed and removed. */
export class Locks {
  readonly #files: Files
  readonly #clock: Clock
  readonly #mode: LockMode
  #holders = new WeakMap<Inode, Multi>()
  readonly #takeovers = new Map<string, Takeover>()

  constructor(files: Files, clock: Clock, mode: LockMode) {
    this.#files = files
    this.#clock = clock
    this.#mode = mode
  }

  /** After a reboot a lock is only a directory of some age. */
  reboot(): void {
    this.#holders = new WeakMap()
    this.#takeovers.clear()
  }

  /** One attempt: the lock, an errno name, or undefined when another has it. */
  attempt(multi: Multi, directory: string, since: number): Ticket | Errno {
    const path = `${directory}/${LOCK_NAME}`
    const made = this.#files.make('directory', path, multi.process, '', 0o777)
    if (made === undefined) return this.#take(multi, path)
    if (made !== 'EEXIST') return made
    const inode = this.#files.tree.find(path, ROOT, false)
    if (this.#mode === 'twice' || this.#races(path, since)) return this.#take(multi, path)
    if (typeof inode === 'string' || !this.#stale(inode)) return undefined
    this.#takeovers.set(path, { at: this.#clock.now })
    return this.#take(multi, path)
  }

  #take(multi: Multi, path: string): Ticket {
    const inode = this.#files.tree.find(path, ROOT, false)
    if (typeof inode === 'string') return { path, inode: undefined }
    inode.mtimeMs = this.#clock.wall
    this.#holders.set(inode, multi)
    return { path, inode }
  }

  #races(path: string, since: number): boolean {
    const takeover = this.#takeovers.get(path)
    if (this.#mode !== 'twice-when-stale' || takeover === undefined) return false
    return since <= takeover.at && this.#clock.now - takeover.at <= RACE_MS
  }

  #stale(inode: Inode): boolean {
    const holder = this.#holders.get(inode)
    if (holder === undefined) return this.#clock.wall - inode.mtimeMs > STALE_MS
    return holder.stoppedAt !== undefined && this.#clock.now - holder.stoppedAt >= STALE_MS
  }

  release(multi: Multi, { path, inode }: Ticket): void {
    const there = this.#files.tree.find(path, ROOT, false)
    if (typeof there === 'string') return
    // One that was taken from us is not ours to give back; one that was granted twice is gone for both.
    if (this.#mode === 'exclusive' && this.#holders.get(there) !== multi) return
    if (inode === there) this.#files.discard(there)
  }
}

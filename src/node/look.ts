import type { AbsPath } from '../model/names.ts'
import { type Identity, isDead, type ProcessFacts } from '../model/process.ts'
import type { System } from '../system/port.ts'
import { directoryOf, nameOf } from './files.ts'
import type { Launch } from './record.ts'

export interface Snapshot {
  /** Monotonic, before the first process was read. */
  readonly at: number
  readonly all: readonly ProcessFacts[]
  readonly byGroup: ReadonlyMap<number, readonly ProcessFacts[]>
}

/** What is asked of the file system once for all nodes. */
interface Sharing {
  /** Directories are listed: what is missing there is not asked for, twice for each node. Default: it is. */
  readonly lists?: boolean
}

/** One look at /proc, shared by every node that needs the whole of it in one round: it costs a file per process. */
export class Look {
  readonly system: System
  /**
   * Whether a link was missing when this look listed its directory. False: ask. None of a look that does not list. Not for what is
   * replaced by rename(2): a listing takes several calls, and on a tmpfs misses now and then what was renamed between them.
   */
  readonly isMissing: ((path: AbsPath) => Promise<boolean>) | undefined
  readonly #listed = new Map<string, ReadonlySet<string> | undefined>()
  #snapshot: Snapshot | undefined

  constructor(system: System, { lists = false }: Sharing = {}) {
    this.system = system
    this.isMissing = lists ? (path) => this.#wasMissing(path) : undefined
  }

  /** What this look knows of files may be too old for another look at the same node. */
  renewed(): Look {
    return this.isMissing ? new Look(this.system) : this
  }

  async #wasMissing(path: AbsPath): Promise<boolean> {
    const directory = directoryOf(path)
    if (!this.#listed.has(directory)) this.#listed.set(directory, await this.#list(directory))
    return this.#listed.get(directory)?.has(nameOf(path)) === false
  }

  async #list(directory: AbsPath): Promise<ReadonlySet<string> | undefined> {
    const names = await this.system.list(directory)
    if (names.ok) return new Set(names.value)
    return names.error.code === 'ENOENT' ? new Set() : undefined
  }

  /**
   * A snapshot that tells what this launch left, now that its leader is gone. A group without a living member never gets one
   * again, so an earlier snapshot says it as well as a new one, if the launch was over by then: not while it shows the leader.
   */
  async after({ identity, pgid, startedMono }: Launch): Promise<Snapshot> {
    const known = this.#snapshot
    const shows = (facts: ProcessFacts): boolean => isSame(facts, identity) && !isDead(facts)
    const tells = known && known.at > startedMono && !known.byGroup.get(pgid ?? 0)?.some(shows)
    return tells ? known : this.#take()
  }

  /** The same of this very moment. */
  anew(): Promise<Snapshot> {
    return this.#take()
  }

  /** The one that is there, or one of this moment. */
  async once(): Promise<Snapshot> {
    return this.#snapshot ?? this.#take()
  }

  /** Everyone, this living process among them. */
  async around(facts: ProcessFacts): Promise<readonly ProcessFacts[]> {
    const known = this.#snapshot
    if (known?.all.some((one) => isSame(one, facts))) return known.all
    return (await this.#take()).all
  }

  async #take(): Promise<Snapshot> {
    const at = this.system.now()
    const all = await this.system.processes()
    const byGroup = new Map<number, ProcessFacts[]>()
    for (const facts of all) {
      const group = byGroup.get(facts.pgrp)
      if (group) group.push(facts)
      else byGroup.set(facts.pgrp, [facts])
    }
    return (this.#snapshot = { at, all, byGroup })
  }
}

const isSame = (one: ProcessFacts, { pid, startTicks }: Pick<Identity, 'pid' | 'startTicks'>): boolean =>
  one.pid === pid && one.startTicks === startTicks

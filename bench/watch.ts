import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as rest } from 'node:timers/promises'
import { saysOf } from './processes.ts'

const LEAST_REST_MS = 2
/** A look is followed by a rest of so many times its length, so that looking takes a sixth of a CPU at most. */
const REST_PER_LOOK = 5
/** After so long, pids that were there in the beginning are looked at again: they might be others by now. */
const FORGET_MS = 2000
const PATIENCE_MS = 300_000

export const WORKER = 'sleep'

const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name))

const nameOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trimEnd()
  } catch {
    return '' // Ended meanwhile.
  }
}

const isDead = (pid: string): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2] === 'Z'
  } catch {
    return true
  }
}

/** Sees from outside when workers are there, and when they are gone. Made before they are started. */
export class Watch {
  readonly #token: string
  readonly #found = new Set<string>()
  #others = new Set(pids())
  #since = performance.now()
  #isAbandoned = false

  constructor(token: string) {
    this.#token = token
  }

  /** When so many were alive for the first time, or a little later. A worker is alive when it has become `sleep`. */
  untilAlive(count: number): Promise<number> {
    return this.#until(() => this.#look() >= count, `${count} workers`)
  }

  /** When all that were seen alive were dead. */
  untilGone(): Promise<number> {
    return this.#until(() => this.areGone(), 'the end of the workers')
  }

  areGone(): boolean {
    for (const pid of this.#found) if (isDead(pid)) this.#found.delete(pid)
    return this.#found.size === 0
  }

  /** Whoever waits gets an error instead. */
  abandon(): void {
    this.#isAbandoned = true
  }

  #look(): number {
    if (performance.now() - this.#since > FORGET_MS) {
      this.#others = new Set()
      this.#since = performance.now()
    }
    for (const pid of pids()) {
      if (this.#others.has(pid) || this.#found.has(pid) || nameOf(pid) !== WORKER) continue
      const says = saysOf(pid, this.#token)
      // Of somebody else it will not become ours.
      if (says === 'carries') this.#found.add(pid)
      else if (says === 'carries not') this.#others.add(pid)
    }
    return this.#found.size
  }

  async #until(isSo: () => boolean, what: string): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const before = performance.now()
      const so = isSo()
      const after = performance.now()
      if (so) return after
      if (this.#isAbandoned || after > deadline)
        throw new Error(`waited in vain for ${what}: ${this.#found.size} are there`)
      await rest(Math.max(LEAST_REST_MS, REST_PER_LOOK * (after - before)))
    }
  }
}

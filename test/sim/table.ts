import type { SimProcess } from './process.ts'

export interface PidRange {
  readonly first: number
  readonly last: number
}

/**
 * The process table. Pids go round in a circle, as in Linux, only a much smaller one, so that every schedule sees them come
 * back. A number that is still somebody's pid, group or session is not given away (alloc_pid in kernel/pid.c).
 */
export class Table {
  readonly #range: PidRange
  readonly #processes = new Map<number, SimProcess>()
  /** How often a number is in use as pid, group or session. */
  readonly #uses = new Map<number, number>()
  readonly #lastStart = new Map<number, number>()
  #latest: number

  constructor(range: PidRange) {
    this.#range = range
    this.#latest = range.first - 1
  }

  get(pid: number): SimProcess | undefined {
    return this.#processes.get(pid)
  }

  all(): SimProcess[] {
    return [...this.#processes.values()]
  }

  group(pgid: number): SimProcess[] {
    return this.all().filter((one) => one.pgrp === pgid)
  }

  /** Like writing pid - 1 to /proc/sys/kernel/ns_last_pid. */
  next(pid: number): void {
    this.#latest = pid - 1
  }

  /**
   * undefined when all are in use (EAGAIN). Not even a small circle comes round within one clock tick: pid and start time
   * together name a process for ever, and that is a law of the real thing, too.
   */
  allocate(startTicks: number): number | undefined {
    const { first, last } = this.#range
    const count = last - first + 1
    for (let i = 1; i <= count; i++) {
      const pid = first + ((this.#latest - first + i + count) % count)
      if (this.#uses.has(pid) || this.#lastStart.get(pid) === startTicks) continue
      this.#latest = pid
      this.#lastStart.set(pid, startTicks)
      return pid
    }
    return undefined
  }

  add(process: SimProcess): void {
    this.#processes.set(process.pid, process)
    this.#use(process, 1)
  }

  /** After this its number may come back, unless it still names a group or session. */
  remove(process: SimProcess): void {
    this.#processes.delete(process.pid)
    this.#use(process, -1)
  }

  /** setpgid(2), setsid(2). */
  regroup(process: SimProcess, pgrp: number, session: number): void {
    this.#use(process, -1)
    process.pgrp = pgrp
    process.session = session
    this.#use(process, 1)
  }

  #use({ pid, pgrp, session }: SimProcess, by: number): void {
    for (const id of [pid, pgrp, session]) {
      const uses = (this.#uses.get(id) ?? 0) + by
      if (uses > 0) this.#uses.set(id, uses)
      else this.#uses.delete(id)
    }
  }
}

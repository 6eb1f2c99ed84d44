import { closeSync, constants, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { open, rename, unlink } from 'node:fs/promises'
import { VITALS_PAUSE_MS, VITALS_PERIOD_MS, type Vitals } from '../model/vitals.ts'
import type { Log } from './log.ts'
import { Pace } from './pace.ts'

/** What a host knows of itself. */
export type Sample = Pick<
  Vitals,
  'state' | 'active' | 'reserved' | 'done' | 'oldestStartedAt' | 'exit' | 'soft' | 'loud'
>

/** O_EXCL follows no symlink; the directory is the worker's own, 0700. */
const FRESH = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
const MODE = 0o600

/** Half a second early: "at least every" is a promise. */
const TEMPO = { pauseMs: VITALS_PAUSE_MS, periodMs: VITALS_PERIOD_MS - VITALS_PAUSE_MS }

/**
 * The worker's word for whoever started it, at the path in MULTI_VITALS. Nothing here may hurt the worker: once it may have
 * jobs, writing is asynchronous, a disk that hangs holds up none, and a failure is a line in the log, the first time.
 */
export class VitalsFile {
  readonly #path: string
  readonly #sample: () => Sample
  readonly #log: Log
  readonly #pace = new Pace(() => this.#write(), TEMPO)
  readonly #temporary: string
  /** How often words were written that are newer than those under way. */
  #overtaken = 0
  #failed = false

  constructor(path: string, sample: () => Sample, log: Log) {
    this.#path = path
    this.#sample = sample
    this.#log = log
    this.#temporary = `${path}.tmp`
  }

  begin(): void {
    this.#pace.begin()
  }

  /** In this very call: what comes next may hold the event loop for minutes. */
  say(): void {
    this.#sayNow(this.#sample())
    this.#pace.wrote()
  }

  changed(): void {
    this.#pace.changed()
  }

  /** The last words, written before the process is gone: nothing asynchronous begins any more. */
  gone(exit: NonNullable<Vitals['exit']>): void {
    this.#pace.stop()
    this.#sayNow({ ...this.#sample(), state: 'gone', exit })
    // A call that was under way may have made it again.
    clear(this.#temporary)
  }

  /**
   * One call of an asynchronous write may be under way in the thread pool, and is done when the kernel likes: so these words are
   * in another file, and what it has written is taken away, without which its rename cannot come after ours.
   */
  #sayNow(sample: Sample): void {
    this.#overtaken += 1
    const now = `${this.#path}.now`
    try {
      clear(this.#temporary)
      clear(now)
      const file = openSync(now, FRESH, MODE)
      // All of it, or an error: one write(2) to a nearly full disk takes a part without one.
      writeFileSync(file, Buffer.from(this.#text(sample)))
      closeSync(file)
      renameSync(now, this.#path)
      this.#failed = false
    } catch (error) {
      clear(now) // Nobody else knows of it.
      this.#warn(error)
    }
  }

  #text(sample: Sample): string {
    const vitals: Vitals = { v: 1, pid: process.pid, ...sample, updatedAt: Date.now() }
    return `${JSON.stringify(vitals)}\n`
  }

  async #write(): Promise<void> {
    const overtaken = this.#overtaken
    try {
      // Before the calls, each of which may be held up: words as far apart as their times.
      const text = this.#text(this.#sample())
      // A predecessor may have been killed right here.
      await unlink(this.#temporary).catch(() => {})
      const file = await open(this.#temporary, FRESH, MODE)
      try {
        await file.writeFile(text)
      } finally {
        await file.close()
      }
      if (overtaken === this.#overtaken) await rename(this.#temporary, this.#path)
      else await unlink(this.#temporary)
      this.#failed = false
    } catch (error) {
      if (overtaken === this.#overtaken) this.#warn(error)
    }
  }

  #warn(error: unknown): void {
    if (!this.#failed) this.#log.warn('vitals cannot be written', { path: this.#path, error })
    this.#failed = true
  }
}

function clear(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // There is none.
  }
}

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

/** multi takes a worker for mute that has its pidfile and was not heard within six seconds: well before that. */
const LATE_MS = 3000

/** Half a second early: "at least every" is a promise. */
const TEMPO = { pauseMs: VITALS_PAUSE_MS, periodMs: VITALS_PERIOD_MS - VITALS_PAUSE_MS }

/**
 * The worker's word for whoever started it, at the path in MULTI_VITALS. Nothing here may hurt the worker: while it may have
 * jobs writing is asynchronous, a disk that hangs holds up none, and a failure is a line in the log, the first time.
 */
export class VitalsFile {
  readonly #path: string
  readonly #sample: () => Sample
  readonly #log: Log
  readonly #pace = new Pace(() => this.#write(), TEMPO)
  readonly #temporary: string
  #failed = false

  constructor(path: string, sample: () => Sample, log: Log) {
    this.#path = path
    this.#sample = sample
    this.#log = log
    this.#temporary = `${path}.${process.pid}`
  }

  /** Who is late says so before its app loads: a write that only begins now may end after its pidfile is there. */
  begin(): void {
    if (process.uptime() * 1000 >= LATE_MS) {
      this.#sayNow(this.#sample())
      this.#pace.wrote()
    }
    this.#pace.begin()
  }

  changed(): void {
    this.#pace.changed()
  }

  /**
   * The last words, written before the process is gone: nothing asynchronous begins any more. But one call of a write may be
   * under way in the thread pool, and is done when the kernel likes: it knows another file than these words are in.
   */
  gone(exit: NonNullable<Vitals['exit']>): void {
    this.#pace.stop()
    // A rename under way must not come after ours: without its file it cannot.
    clear(this.#temporary)
    this.#sayNow({ ...this.#sample(), state: 'gone', exit })
    // An open under way may have made it again.
    clear(this.#temporary)
  }

  #sayNow(sample: Sample): void {
    const now = `${this.#temporary}.now`
    try {
      // A predecessor with our pid may have been killed right here.
      clear(now)
      const file = openSync(now, FRESH, MODE)
      // All of it, or an error: one write(2) to a nearly full disk takes a part without one.
      writeFileSync(file, Buffer.from(this.#text(sample)))
      closeSync(file)
      renameSync(now, this.#path)
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
    // Before the calls, each of which may be held up: words as far apart as their times.
    const text = this.#text(this.#sample())
    try {
      // As in `#sayNow`.
      await unlink(this.#temporary).catch(() => {})
      const file = await open(this.#temporary, FRESH, MODE)
      try {
        await file.writeFile(text)
      } finally {
        await file.close()
      }
      await rename(this.#temporary, this.#path)
      this.#failed = false
    } catch (error) {
      this.#warn(error)
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

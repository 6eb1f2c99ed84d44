/** How often something may be written, and how often it must. */
export interface Tempo {
  readonly pauseMs: number
  readonly periodMs: number
  /** What is due is written before anything else happens, if it can be: a job may hold the event loop for minutes. */
  readonly atOnce?: boolean
}

/**
 * Writes on change, at most every `pauseMs`, and at least every `periodMs`. The first word waits for one pause: a worker that
 * is ready within it says only that, and at once. Its timer keeps no process alive, and a slow write is never overtaken.
 */
export class Pace {
  readonly #write: () => void | Promise<void>
  readonly #tempo: Tempo
  #last = Number.NEGATIVE_INFINITY
  #due = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #writing = false
  /** A write was due while another one went on. */
  #late = false
  #stopped = false

  constructor(write: () => void | Promise<void>, tempo: Tempo) {
    this.#write = write
    this.#tempo = tempo
  }

  begin(): void {
    this.#arm(performance.now() + this.#tempo.pauseMs)
  }

  changed(): void {
    this.#arm(this.#last + this.#tempo.pauseMs)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #arm(at: number): void {
    if (this.#stopped || at >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = at
    if (this.#tempo.atOnce && at <= performance.now()) return void this.#turn()
    this.#timer = setTimeout(() => void this.#turn(), Math.ceil(Math.max(0, at - performance.now()))).unref()
  }

  async #turn(): Promise<void> {
    this.#due = Number.POSITIVE_INFINITY
    if (this.#writing) {
      this.#late = true
      return
    }
    this.#writing = true
    this.#last = performance.now()
    this.#arm(this.#last + this.#tempo.periodMs)
    await this.#write()
    this.#writing = false
    if (this.#late) this.changed()
    this.#late = false
  }
}

/** How often something may be written, and how often it must. */
export interface Tempo {
  readonly pauseMs: number
  readonly periodMs: number
  /**
   * How many may come before their time, as long as the average keeps to `pauseMs`, and while others are under way. With it,
   * what is due is written in the very call that says so: a job that begins may hold the event loop for minutes.
   */
  readonly ahead?: number
}

/**
 * Writes on change, at most every `pauseMs`, and at least every `periodMs`. The first word waits for one pause: a worker that
 * is ready within it says only that, and at once. Its timer keeps no process alive, and no more than `ahead` writes begin while
 * a slow one is under way.
 */
export class Pace {
  readonly #write: () => void | Promise<void>
  readonly #tempo: Tempo
  readonly #ahead: number
  /** When the next one would come if none ever came before its time. */
  #next = Number.NEGATIVE_INFINITY
  #due = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #underWay = 0
  /** A write was due while others went on. */
  #late = false
  #stopped = false

  constructor(write: () => void | Promise<void>, tempo: Tempo) {
    this.#write = write
    this.#tempo = tempo
    this.#ahead = tempo.ahead ?? 0
  }

  begin(): void {
    this.#arm(performance.now() + this.#tempo.pauseMs)
  }

  /** All that there is to say is written now, here or by somebody else: what comes next keeps its distance from that. */
  wrote(): void {
    const now = performance.now()
    this.#next = Math.max(now, this.#next) + this.#tempo.pauseMs
    this.#due = Number.POSITIVE_INFINITY
    this.#arm(now + this.#tempo.periodMs)
  }

  changed(): void {
    this.#arm(this.#next - this.#ahead * this.#tempo.pauseMs)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #arm(at: number): void {
    if (this.#stopped || at >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = at
    if (this.#ahead > 0 && at <= performance.now()) return void this.#turn()
    this.#timer = setTimeout(() => void this.#turn(), Math.ceil(Math.max(0, at - performance.now()))).unref()
  }

  async #turn(): Promise<void> {
    this.#due = Number.POSITIVE_INFINITY
    if (this.#underWay > this.#ahead) {
      this.#late = true
      return
    }
    this.#underWay += 1
    this.wrote()
    await this.#write()
    this.#underWay -= 1
    if (this.#late) this.changed()
    this.#late = false
  }
}

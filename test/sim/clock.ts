import { type Timer, TimerHeap } from './heap.ts'

/**
 * Virtual time. Counted in whole microseconds, so that a thousand small steps add up to the same number everywhere.
 * It moves only when the scheduler says so.
 */
export class Clock {
  readonly #timers = new TimerHeap()
  #micros: number
  #wallOffset: number
  #seq = 0
  /** How many pending timers can lead to a settled promise. */
  hopes = 0

  constructor(uptimeMs: number, wallMs: number) {
    this.#micros = uptimeMs * 1000
    this.#wallOffset = wallMs - uptimeMs
  }

  get micros(): number {
    return this.#micros
  }

  /** Monotonic, ms since boot. */
  get now(): number {
    return this.#micros / 1000
  }

  get wall(): number {
    return this.#wallOffset + this.now
  }

  /** Somebody sets the wall clock; monotonic time does not notice. */
  jump(ms: number): void {
    this.#wallOffset += ms
  }

  /** Monotonic time begins again, wall time goes on; whoever waited is dead. */
  reboot(downMs: number, uptimeMs: number): void {
    const wall = this.wall + downMs
    this.#timers.clear()
    this.hopes = 0
    this.#micros = uptimeMs * 1000
    this.#wallOffset = wall - uptimeMs
  }

  after(ms: number, run: () => void, hope = false): Timer {
    const at = this.#micros + Math.max(0, Math.round(ms * 1000))
    const timer: Timer = { at, seq: this.#seq++, run, hope, cancelled: false }
    // A timer that never fires gives no hope.
    if (at === Infinity) timer.cancelled = true
    else this.#timers.push(timer)
    if (hope && !timer.cancelled) this.hopes++
    return timer
  }

  cancel(timer: Timer): void {
    if (timer.cancelled) return
    timer.cancelled = true
    if (timer.hope) this.hopes--
  }

  /** When the next timer fires. */
  next(): number | undefined {
    for (;;) {
      const top = this.#timers.peek()
      if (top === undefined) return undefined
      if (!top.cancelled) return top.at
      this.#timers.pop()
    }
  }

  elapse(micros: number): void {
    this.#micros += micros
    const top = this.#timers.peek()
    if (top !== undefined && top.at <= this.#micros) this.#fire()
  }

  moveTo(micros: number): void {
    this.elapse(Math.max(0, micros - this.#micros))
  }

  #fire(): void {
    for (;;) {
      const top = this.#timers.peek()
      if (top === undefined || top.at > this.#micros) return
      this.#timers.pop()
      if (top.cancelled) continue
      this.cancel(top)
      top.run()
    }
  }
}

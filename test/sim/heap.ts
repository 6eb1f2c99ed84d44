export interface Timer {
  /** Virtual microseconds since boot. */
  readonly at: number
  /** Timers of the same instant fire in the order they were set. */
  readonly seq: number
  readonly run: () => void
  /** Whether somebody who can settle a promise waits for it: without any such timer a world that stands still is stuck. */
  readonly hope: boolean
  cancelled: boolean
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq)

/** The earliest timer first. */
export class TimerHeap {
  readonly #items: Timer[] = []

  peek(): Timer | undefined {
    return this.#items[0]
  }

  clear(): void {
    this.#items.length = 0
  }

  push(timer: Timer): void {
    const items = this.#items
    let at = items.length
    items.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(timer, items[parent] as Timer)) break
      items[at] = items[parent] as Timer
      at = parent
    }
    items[at] = timer
  }

  pop(): Timer | undefined {
    const top = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && last !== top) this.#sink(last)
    return top
  }

  #sink(timer: Timer): void {
    const items = this.#items
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && before(items[child + 1] as Timer, items[child] as Timer)) child++
      if (!before(items[child] as Timer, timer)) break
      items[at] = items[child] as Timer
      at = child
    }
    items[at] = timer
  }
}

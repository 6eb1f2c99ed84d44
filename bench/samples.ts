/** What was measured again and again: wall times of one command, ms, CPU seconds, or megabytes. */
export class Samples {
  readonly #times: number[] = []

  add(time: number): void {
    this.#times.push(time)
  }

  get count(): number {
    return this.#times.length
  }

  get median(): number {
    const sorted = this.#sorted()
    const middle = sorted.length / 2
    const upper = sorted[Math.floor(middle)] ?? Number.NaN
    return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper
  }

  /** For what is counted in ticks: a median of few ticks is too coarse. */
  get mean(): number {
    return this.#times.reduce((sum, time) => sum + time, 0) / this.#times.length
  }

  /** `47 (45–52)`: median, least and most. */
  get text(): string {
    const sorted = this.#sorted()
    return `${digits(this.median)} (${digits(sorted[0])}–${digits(sorted.at(-1))})`
  }

  /** The same with so many decimals. */
  textWith(decimals: number): string {
    const sorted = this.#sorted()
    const [median, least, most] = [this.median, sorted[0], sorted.at(-1)].map((time) => time?.toFixed(decimals))
    return `${median} (${least}–${most})`
  }

  #sorted(): number[] {
    return this.#times.toSorted((a, b) => a - b)
  }
}

/** Three significant digits are more than the noise leaves. */
export function digits(ms = Number.NaN): string {
  return ms < 100 ? ms.toFixed(1) : ms.toFixed(0)
}

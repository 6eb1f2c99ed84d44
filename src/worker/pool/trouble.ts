import { VITALS_PAUSE_MS } from '../../model/vitals.ts'
import type { Sample } from '../vitals.ts'

/** Trouble that is over sooner than vitals are written would never be heard of. */
const HEARD_MS = 3 * VITALS_PAUSE_MS

/** The last end of a child that nobody asked for, until all are ready again and it can have been heard. */
export class Trouble {
  readonly #changed: () => void
  #exit: Sample['exit']
  #until = 0

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get exit(): Sample['exit'] {
    return this.#exit
  }

  begin(code: number | null, reason: string): void {
    this.#exit = { ...(code !== null && { code }), reason }
    this.#until = performance.now() + HEARD_MS
    setTimeout(this.#changed, HEARD_MS).unref()
  }

  over(): void {
    if (performance.now() >= this.#until) this.#exit = undefined
  }
}

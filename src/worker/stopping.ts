import type { Log } from './log.ts'

/** The end of a host, as it is asked for: first warm (take no more, finish what runs), then soft (what runs gives up). */
export class Stopping {
  /** Resolves with the first request. */
  readonly begun: Promise<void>
  readonly #log: Log
  readonly #abort = new AbortController()
  #begin = () => {}
  #requested = false

  constructor(log: Log) {
    this.#log = log
    this.begun = new Promise((resolve) => {
      this.#begin = resolve
    })
  }

  /** For the app: aborted when running jobs should give up. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get requested(): boolean {
    return this.#requested
  }

  get softened(): boolean {
    return this.#abort.signal.aborted
  }

  /** More of the same change nothing: multi's stop may be repeated. */
  warm(by: string, what = 'closing, running jobs are waited for'): void {
    if (this.#requested) return
    this.#requested = true
    this.#log.info(`${by}: ${what}`)
    this.#begin()
  }

  soft(by: string): void {
    this.warm(by)
    if (this.softened) return
    this.#log.warn(`${by}: running jobs are asked to give up`)
    this.#abort.abort(new Error(by))
  }
}

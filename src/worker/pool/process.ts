import type { ChildProcess } from 'node:child_process'
import type { ChildExit } from './exit.ts'
import { type Order, orderMessage, type Report, readReport } from './messages.ts'

/** Should something that the child has started hold the channel open, its last words are not waited for longer. */
const LAST_WORDS_MS = 1000

/** A child that runs, and the channel to it. */
export class PoolProcess {
  readonly #child: ChildProcess
  #report: Report | undefined
  #ended = false

  /** `heard`: with the report before this one. */
  constructor(
    child: ChildProcess,
    heard: (report: Report, before: Report | undefined) => void,
    ended: (exit: ChildExit) => void,
  ) {
    this.#child = child
    const end = (exit: ChildExit) => {
      if (this.#ended) return
      this.#ended = true
      ended(exit)
    }
    child.on('message', (message) => {
      const report = readReport(message)
      if (report === undefined) return
      const before = this.#report
      this.#report = report
      heard(report, before)
    })
    // A channel that breaks is followed by the end of the child; a fork that failed has no other end.
    child.on('error', (error) => {
      if (child.pid === undefined) end({ code: null, signal: null, reason: error.message })
    })
    child.on('exit', (code, signal) => this.#whenAllIsHeard(() => end(this.#exit(code, signal))))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get report(): Report | undefined {
    return this.#report
  }

  order(order: Order): void {
    // It may be on its way out: then there is nobody to hear it, and nothing to do.
    if (this.#child.connected) this.#child.send(orderMessage(order), () => {})
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #exit(code: number | null, signal: NodeJS.Signals | null): ChildExit {
    const reason = this.#report?.reason
    return { code, signal, ...(reason !== undefined && { reason }) }
  }

  /** The end of a process may be seen before what it wrote to the channel last. */
  #whenAllIsHeard(go: () => void): void {
    if (!this.#child.connected) return go()
    const timer = setTimeout(go, LAST_WORDS_MS)
    this.#child.once('disconnect', () => {
      clearTimeout(timer)
      go()
    })
  }
}

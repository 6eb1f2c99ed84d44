import { heldByPause, takenUpAgain, takesNoJobs } from './bullmq.ts'
import type { Closeable } from './load.ts'
import { type Log, logFailure } from './log.ts'

type Listener = () => unknown
type Pausable = { pause(now: boolean): unknown; resume(): unknown }

const isPausable = (part: Closeable): part is Closeable & Pausable =>
  'pause' in part && typeof part.pause === 'function' && 'resume' in part && typeof part.resume === 'function'

/**
 * Taking no more jobs while what runs goes on. Quiet is only what really took hold: a part that cannot pause, or an app of
 * which nothing can, goes on taking jobs, and saying otherwise would end in a lost one.
 */
export class Quieting {
  readonly #log: Log
  readonly #changed: () => void
  /** Then it is closed, and nothing may take a job behind that. */
  readonly #isStopping: () => boolean
  readonly #onQuiet: Listener[] = []
  readonly #onResume: Listener[] = []
  #parts: readonly Closeable[] | undefined
  #wanted = false
  /** `half`: something is paused and something is not. */
  #is: 'taking' | 'half' | 'quiet' = 'taking'
  #loud = false
  #turn: Promise<void> = Promise.resolve()

  constructor(log: Log, changed: () => void, isStopping: () => boolean = () => false) {
    this.#log = log
    this.#changed = changed
    this.#isStopping = isStopping
  }

  get held(): boolean {
    return this.#is === 'quiet'
  }

  /** It was asked for last, and did not take hold. */
  get loud(): boolean {
    return this.#loud
  }

  onQuiet(listener: Listener): void {
    this.#onQuiet.push(listener)
  }

  onResume(listener: Listener): void {
    this.#onResume.push(listener)
  }

  /** The app is there: what was asked while it loaded is done now. Resolves when it is, so that `ready` is never said in between. */
  async use(parts: readonly Closeable[]): Promise<void> {
    this.#parts = parts.filter((part) => !takesNoJobs(part))
    if (this.#wanted) await this.#next()
  }

  /** Resolves with whether it took hold; while the app loads, at once with true. */
  async want(quiet: boolean): Promise<boolean> {
    this.#wanted = quiet
    if (!quiet) this.#say(false)
    if (this.#parts === undefined) return true
    await this.#next()
    return this.held === quiet
  }

  /** One after the other, and the last word counts: a pause may take longer than the resume that overtakes it. */
  #next(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#wanted && this.#is !== 'quiet') await this.#pause()
      if (!this.#wanted && this.#is !== 'taking') await this.#resume()
    })
    return this.#turn
  }

  async #pause(): Promise<void> {
    if (this.#isStopping()) return
    this.#say(false)
    const parts = this.#parts ?? []
    const pausable = parts.filter(isPausable)
    // `true`, as BullMQ has it: do not wait for the jobs that run.
    const pause = async (part: Pausable) => {
      await part.pause(true)
      await heldByPause(part, () => this.#wanted)
    }
    const calls = [...pausable.map((part) => () => pause(part)), ...this.#onQuiet]
    const unheard = this.#onQuiet.length === 0 ? parts.length - pausable.length : 0
    const paused = await this.#callAll(calls, 'it cannot be quiet')
    if (calls.length === 0) this.#log.warn('TSTP: nothing of this app can pause, it goes on taking jobs')
    else if (unheard > 0) this.#log.warn(`TSTP: ${unheard} of ${parts.length} parts cannot pause and go on taking jobs`)
    const holds = paused && calls.length > 0 && unheard === 0
    this.#set(holds && this.#wanted ? 'quiet' : 'half')
    if (this.held) this.#log.info('quiet: no more jobs are taken')
    if (!holds && this.#wanted) await this.#undo()
  }

  /** Half a pause is none: what did pause takes jobs again. */
  async #undo(): Promise<void> {
    this.#wanted = false
    await this.#resume()
    this.#say(!this.#wanted)
  }

  async #resume(): Promise<void> {
    if (this.#isStopping()) return
    this.#say(false)
    const resume = async (part: Pausable) => {
      await part.resume()
      await takenUpAgain(part, () => !this.#wanted)
    }
    const pausable = (this.#parts ?? []).filter(isPausable)
    const calls = [...pausable.map((part) => () => resume(part)), ...this.#onResume]
    if (!(await this.#callAll(calls, 'it cannot be resumed'))) {
      // Neither is true of it: not that it takes no jobs, nor that it does as it was told.
      this.#set('half')
      this.#say(true)
      return
    }
    this.#set('taking')
    this.#log.info('resumed: jobs are taken again')
  }

  async #callAll(calls: readonly Listener[], what: string): Promise<boolean> {
    const done = await Promise.allSettled(calls.map(async (call) => call()))
    const failures = done.filter((one) => one.status === 'rejected')
    for (const { reason } of failures) logFailure(this.#log, what, reason)
    return failures.length === 0
  }

  #say(loud: boolean): void {
    if (this.#loud === loud) return
    this.#loud = loud
    this.#changed()
  }

  #set(is: 'taking' | 'half' | 'quiet'): void {
    this.#is = is
    this.#changed()
  }
}

import { type Counting, countBullJobs } from './bullmq.ts'
import { makeContext } from './context.ts'
import type { Body, House, OnReady } from './house.ts'
import { Jobs } from './jobs.ts'
import { closeApp, startApp } from './life.ts'
import type { Closeable } from './load.ts'
import { reopenLog } from './output.ts'
import { Quieting } from './quiet.ts'
import { residentBytes } from './resident.ts'
import { COLD } from './signals.ts'
import { Stopping } from './stopping.ts'
import type { Sample } from './vitals.ts'

/** Of a thousand jobs the oldest say enough. */
const DUMPED_JOBS = 20

const STARTING = 'its app is still starting, and is closed when it has started'

/** `soft: true` on what the app gave: its jobs look at an abort that the host does not see. */
const declaresSoft = (part: Closeable): boolean => 'soft' in part && part.soft === true

/** One app in this process. */
export class AppHost implements Body {
  readonly stopping: Stopping
  readonly jobs: Jobs
  readonly #house: House
  readonly #quieting: Quieting
  #counting: Counting | undefined
  /** The app is there; until then a stop can close nothing. */
  #started = false
  #ready = false
  #takesAbort = false

  constructor(house: House) {
    this.#house = house
    this.stopping = new Stopping(house.log)
    this.jobs = new Jobs(() => house.changed())
    this.#quieting = new Quieting(
      house.log,
      () => house.changed(),
      () => this.stopping.requested,
    )
  }

  takesAbort(): boolean {
    return this.#takesAbort
  }

  warm(by: string): void {
    this.stopping.warm(by, this.#started ? undefined : STARTING)
    this.#house.changed()
  }

  soft(by: string): void {
    this.stopping.soft(by)
    this.#house.changed()
  }

  cold(by: string): void {
    this.#house.log.warn(`${by}: leaving at once`)
    this.#house.leave(COLD, `${by}: left at once`)
  }

  quiet(): void {
    if (!this.stopping.requested) void this.#quieting.want(true)
  }

  resume(): void {
    if (!this.stopping.requested) void this.#quieting.want(false)
  }

  reopen(): void {
    reopenLog(this.#house)
  }

  dump(): void {
    const { log } = this.#house
    const { state, active, reserved, done } = this.sample()
    const rss = `${Math.round(residentBytes() / 1024)} KiB`
    log.info('status', { state, active, reserved, done, rss, pid: process.pid })
    const running = this.jobs.running()
    for (const { label, startedAt } of running.slice(0, DUMPED_JOBS))
      log.info('running', { job: label, seconds: Math.round((Date.now() - startedAt) / 1000) })
    if (running.length > DUMPED_JOBS) log.info(`and ${running.length - DUMPED_JOBS} younger jobs`)
  }

  sample(): Sample {
    this.#counting?.sweep()
    const { backlog: _, ...counts } = this.jobs.counts()
    const loud = this.#quieting.loud ? { loud: true } : {}
    const exit = this.stopping.requested && !this.#started ? { exit: { reason: STARTING } } : {}
    return { state: this.#state(), ...counts, soft: this.#takesAbort, ...loud, ...exit }
  }

  #state(): Sample['state'] {
    if (this.stopping.requested) return 'draining'
    if (!this.#ready) return 'booting'
    return this.#quieting.held ? 'quiet' : 'ready'
  }

  async run(file: string, onReady: OnReady): Promise<number> {
    const { options, log, because } = this.#house
    const started = await startApp(options.app, file, this.#context(), () => this.stopping.requested)
    if ('error' in started) {
      because(started.error)
      return 1
    }
    const { parts } = started
    this.#counting = countBullJobs(parts, this.jobs)
    if (parts.some(declaresSoft)) this.#takesAbort = true
    this.#started = true
    // A pause that does not end must not keep it from being closed.
    await Promise.race([this.#quieting.use(parts), this.stopping.begun])
    const ready = this.stopping.requested || onReady()
    this.#ready = ready
    // With the pidfile, by which alone it would be taken for mute; and its first job may hold the event loop.
    this.#house.announced()
    if (ready) await this.stopping.begun
    const clean = await closeApp(parts, log)
    await this.#lastJobs()
    if (!clean) because('close() failed')
    if (ready && clean) log.info('stopped')
    return ready && clean ? 0 : 1
  }

  /** An app without close(), or whose close() does not wait for them. */
  async #lastJobs(): Promise<void> {
    const { held } = this.jobs
    if (held > 0)
      this.#house.log.warn(`the app is closed, and ${held} ${held === 1 ? 'job runs' : 'jobs run'} on: waiting`)
    await this.jobs.allReleased()
  }

  #context() {
    const { options, log } = this.#house
    return makeContext(options, {
      jobs: this.jobs,
      log,
      signal: () => {
        this.#takesAbort = true
        return this.stopping.signal
      },
      onQuiet: (listener) => this.#quieting.onQuiet(listener),
      onResume: (listener) => this.#quieting.onResume(listener),
    })
  }
}

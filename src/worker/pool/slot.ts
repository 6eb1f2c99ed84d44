import type { ChildProcess } from 'node:child_process'
import type { Log } from '../log.ts'
import { backoffMs, failuresAfter } from './backoff.ts'
import type { ChildExit } from './exit.ts'
import type { Order, Report } from './messages.ts'
import { PoolProcess } from './process.ts'
import type { SlotView } from './view.ts'

const now = () => performance.now()

/** What a slot tells its pool. */
export interface SlotEvents {
  /** Something is different: look again. */
  readonly turn: () => void
  readonly loud: (index: number) => void
  /** It was not asked to end. */
  readonly failed: (slot: Slot, exit: ChildExit, wasReady: boolean) => void
  readonly drained: (slot: Slot, exit: ChildExit) => void
}

/** A place in the pool, with the child that has it. */
export class Slot {
  readonly index: number
  /** In a row. */
  failures = 0
  readonly #fork: (index: number) => ChildProcess
  readonly #events: SlotEvents
  readonly #log: Log
  #process: PoolProcess | undefined
  #phase: SlotView['phase'] = 'off'
  #leaving: SlotView['leaving']
  #recycling = false
  #retryAt = 0
  #readyAt: number | undefined
  #idleSince: number | undefined
  /** Its child was asked to be quiet, and has said since that it cannot. */
  #loud = false
  #rssAtReady = 0
  /** Done by children that had this place before. */
  #doneBefore = 0

  constructor(index: number, fork: (index: number) => ChildProcess, log: Log, events: SlotEvents) {
    this.index = index
    this.#fork = fork
    this.#log = log
    this.#events = events
  }

  get report(): Report | undefined {
    return this.#process?.report
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  get done(): number {
    return this.#doneBefore + (this.report?.done ?? 0)
  }

  get running(): boolean {
    return this.#process !== undefined
  }

  view(): SlotView {
    const { active = 0, done = 0, rss = 0 } = this.report ?? {}
    return {
      index: this.index,
      phase: this.#phase,
      ...(this.#leaving !== undefined && { leaving: this.#leaving }),
      recycling: this.#recycling,
      retryAt: this.#retryAt,
      active,
      done,
      rss,
      rssAtReady: this.#rssAtReady,
      ...(this.#idleSince !== undefined && { idleSince: this.#idleSince }),
    }
  }

  start(): void {
    this.#phase = 'booting'
    this.#readyAt = undefined
    this.#idleSince = undefined
    try {
      this.#process = new PoolProcess(
        this.#fork(this.index),
        (report, before) => this.#hear(report, before),
        (exit) => this.#end(exit),
      )
    } catch (error) {
      // As when it fails later: no memory, no descriptors.
      setImmediate(() => this.#end({ code: null, signal: null, reason: (error as Error).message }))
      return
    }
    this.#log.debug(`child ${this.index} begins`, { pid: this.pid })
  }

  order(order: Order): void {
    if (order === 'quiet') this.#loud = false
    this.#process?.order(order)
  }

  drain(leaving: SlotView['leaving'], because: string): void {
    this.#phase = 'draining'
    this.#leaving = leaving
    this.#recycling ||= leaving === 'recycle'
    this.#log.info(`child ${this.index} is closed: ${because}`, { pid: this.pid })
    this.order('drain')
  }

  drop(): void {
    this.#phase = 'off'
    this.#recycling = false
  }

  kill(): void {
    this.#process?.kill()
  }

  /** How long until it is started again; it counts as one more failure. */
  backOff(): number {
    const readyFor = this.#readyAt === undefined ? undefined : now() - this.#readyAt
    this.failures = failuresAfter(this.failures, readyFor)
    const pause = backoffMs(this.failures, Math.random())
    this.#retryAt = now() + pause
    this.#phase = 'down'
    return pause
  }

  #hear(report: Report, before: Report | undefined): void {
    const loud = report.loud === true
    if (loud && !this.#loud) this.#events.loud(this.index)
    this.#loud = loud
    if (this.#phase === 'booting' && (report.state === 'ready' || report.state === 'quiet')) this.#becomeReady()
    // A job that came and went between two reports is work too.
    const worked = report.done !== (before?.done ?? 0)
    if (report.active > 0) this.#idleSince = undefined
    else if (worked || this.#idleSince === undefined) this.#idleSince = now()
    this.#events.turn()
  }

  #becomeReady(): void {
    this.#phase = 'ready'
    this.#recycling = false
    this.#readyAt = now()
    this.#rssAtReady = this.report?.rss ?? 0
    this.#log.info(`child ${this.index} is ready`, { pid: this.pid })
  }

  #end(exit: ChildExit): void {
    this.#doneBefore += this.report?.done ?? 0
    this.#process = undefined
    this.#idleSince = undefined
    this.#loud = false
    const asked = this.#phase === 'draining'
    const replaced = this.#leaving === 'recycle'
    this.#leaving = undefined
    this.#phase = asked && !replaced ? 'off' : 'down'
    this.#retryAt = 0
    if (asked) this.#events.drained(this, exit)
    else this.#events.failed(this, exit, this.#readyAt !== undefined)
    this.#events.turn()
  }
}

import { setTimeout as rest } from 'node:timers/promises'
import type { Jobs } from './jobs.ts'

type Listen = (event: string, listener: (...args: unknown[]) => void) => unknown

/** As much of a BullMQ Worker as counting needs; bullmq is the app's, not ours. */
interface BullWorker {
  readonly name: string
  readonly on: Listen
  /** BullMQ's own list of what it runs, by id; not documented, so it may be missing. */
  readonly lockManager?: { readonly trackedJobs?: unknown }
  resume(): unknown
  isPaused?(): unknown
  /** Not null while it is blocked in Redis, waiting for a job; not documented either. */
  readonly waiting?: unknown
}

interface BullJob {
  readonly id: string
  readonly queueName: string
  readonly processedOn?: unknown
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const METHODS = ['on', 'pause', 'resume', 'close', 'isRunning'] as const

/** A Worker, and neither a Queue nor its events. */
const isBullWorker = (value: unknown): value is BullWorker =>
  isObject(value) &&
  METHODS.every((method) => typeof value[method] === 'function') &&
  typeof value['name'] === 'string' &&
  isObject(value['opts'])

const has = (value: Readonly<Record<string, unknown>>, method: string): boolean => typeof value[method] === 'function'

/**
 * BullMQ's Queue, QueueEvents and FlowProducer: they take no jobs, and to pause a Queue would be to pause it for everybody, for
 * ever. (A queue of the older Bull does take jobs, by process().)
 */
export const takesNoJobs = (value: unknown): boolean =>
  isObject(value) &&
  (has(value, 'addBulk') || (has(value, 'waitUntilReady') && !has(value, 'pause'))) &&
  !has(value, 'isRunning') &&
  !has(value, 'process')

const isBullJob = (value: unknown): value is BullJob =>
  isObject(value) && typeof value['id'] === 'string' && typeof value['queueName'] === 'string'

const keyOf = (queue: string, id: string): string => `${queue}/${id}`

/** By which key the job that a handler gets is counted: BullMQ's by its id, others each by itself. */
export function keyOfJob(job: unknown): { readonly key: unknown; readonly label: string; readonly object?: object } {
  if (!isBullJob(job)) return { key: Symbol('job'), label: 'job' }
  const key = keyOf(job.queueName, job.id)
  return { key, label: key, object: job }
}

/**
 * Counts the jobs of a BullMQ Worker by its events. Each event names its job, so that one that is reported twice, or by the
 * handler wrapper too, counts once.
 */
class BullCount {
  readonly #worker: BullWorker
  readonly #jobs: Jobs
  /** Those that events said to run, by key, with their ids. */
  readonly #ids = new Map<string, string>()
  #missing = new Set<string>()

  constructor(worker: BullWorker, jobs: Jobs) {
    this.#worker = worker
    this.#jobs = jobs
    worker.on('active', (job) => this.#active(job))
    worker.on('completed', (job) => this.#finished(job))
    worker.on('failed', (job) => this.#finished(job))
    // Back in the queue, of whomever it was: BullMQ says no more of our try at it.
    worker.on('stalled', (id) => this.#drop(keyOf(worker.name, String(id))))
  }

  #active(job: unknown): void {
    if (!isBullJob(job)) return
    const key = keyOf(this.#worker.name, job.id)
    this.#ids.set(key, job.id)
    this.#jobs.begin(key, key, typeof job.processedOn === 'number' ? job.processedOn : undefined)
  }

  #finished(job: unknown): void {
    if (!isBullJob(job)) return
    const key = keyOf(this.#worker.name, job.id)
    this.#ids.delete(key)
    // BullMQ hands the same object to every event of an attempt, and to the handler.
    this.#jobs.end(key, job)
  }

  #drop(key: string): void {
    this.#ids.delete(key)
    this.#jobs.forget(key)
  }

  /** A job that its handler has put back (moveToDelayed, rate limits) ends without an event: it is missing from BullMQ's list, twice. */
  sweep(): void {
    const tracked = this.#worker.lockManager?.trackedJobs
    if (!(tracked instanceof Map)) return
    const missing = [...this.#ids].filter(([, id]) => !tracked.has(id)).map(([key]) => key)
    for (const key of missing) if (this.#missing.has(key)) this.#drop(key)
    this.#missing = new Set(missing)
  }
}

const LOOK_AGAIN_MS = 20

/**
 * BullMQ's `pause(true)` does not call off the wait for a job that is under way: an idle worker takes one more job, and only
 * when that wait is over (after 5 s if none comes) does it hold. Resolves then, or when it is no longer wanted.
 */
export async function heldByPause(part: unknown, isWanted: () => boolean): Promise<void> {
  while (isBullWorker(part) && part.waiting && isWanted()) await rest(LOOK_AGAIN_MS, undefined, { ref: false })
}

const TRY_AGAIN_MS = 200

/** BullMQ 5.66 leaves a `resume()` out while its main loop waits for a job that runs. Resolves when it takes jobs, or is not to. */
export async function takenUpAgain(part: unknown, isWanted: () => boolean): Promise<void> {
  while (isBullWorker(part) && part.isPaused?.() === true && isWanted()) {
    await rest(TRY_AGAIN_MS, undefined, { ref: false })
    if (isWanted()) await part.resume()
  }
}

export interface Counting {
  sweep(): void
}

export const countBullJobs = (parts: readonly unknown[], jobs: Jobs): Counting => {
  const counts = parts.filter(isBullWorker).map((worker) => new BullCount(worker, jobs))
  return {
    sweep: () => {
      for (const count of counts) count.sweep()
    },
  }
}

import { keyOfJob } from './bullmq.ts'
import type { Jobs } from './jobs.ts'
import type { Log } from './log.ts'
import type { HostOptions } from './options.ts'

type Listener = () => unknown

/** For jobs that no function call encloses: `const end = context.jobs.start(); …; end()`. */
export interface JobAccount {
  /** A job begins; what it answers ends it, once. `label` names it in the status dump. */
  start(label?: string): () => void
}

/** What the app's function gets. Its functions need no `this`: take them apart as you like. */
export interface AppContext {
  readonly name: string
  readonly queues: readonly string[]
  /** How many jobs at a time. In a pool (`-P prefork`) 1: the children are the concurrency. */
  readonly concurrency: number
  readonly logLevel: string
  readonly pool: 'async' | 'prefork'
  /** Which child of a pool this is, from 1. */
  readonly child?: number
  /** What stood behind `--`. */
  readonly args: readonly string[]
  /** Aborted when running jobs should give up. An app that has looked at it gets QUIT as an abort, another one is ended by it. */
  readonly signal: AbortSignal
  readonly log: Log
  /** Wraps a handler of jobs: each call counts as a job until it returns, throws or settles. Arguments, result and errors pass through. */
  job<This, Args extends unknown[], Result>(
    handler: (this: This, ...args: Args) => Result,
  ): (this: This, ...args: Args) => Result
  readonly jobs: JobAccount
  /** How many jobs this worker has taken that wait inside it. */
  reserved(count: number): void
  /** How many jobs wait outside of it, in the broker: what `--autoscale` goes by. */
  backlog(count: number): void
  /** Called to take no more jobs (TSTP). The worker is quiet when what it returns has settled. */
  onQuiet(listener: Listener): void
  /** Called to take jobs again (CONT). */
  onResume(listener: Listener): void
}

/** What the context tells the host. */
export interface ContextSinks {
  readonly jobs: Jobs
  readonly log: Log
  signal(): AbortSignal
  onQuiet(listener: Listener): void
  onResume(listener: Listener): void
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** `then` is called once: the query builders of some databases run their query each time. */
function settled<Result>(result: Result, end: () => void): Result {
  if (isThenable(result)) return Promise.resolve(result).finally(end) as Result
  end()
  return result
}

function wrapper(jobs: Jobs): AppContext['job'] {
  return <This, Args extends unknown[], Result>(handler: (this: This, ...args: Args) => Result) => {
    const wrapped = function (this: This, ...args: Args): Result {
      const { key, label, object } = keyOfJob(args[0])
      jobs.hold(key, label)
      const end = () => jobs.release(key, object)
      try {
        return settled(handler.apply(this, args), end)
      } catch (error) {
        end()
        throw error
      }
    }
    // BullMQ gives its own abort signal only to a handler of three arguments.
    Object.defineProperty(wrapped, 'length', { value: handler.length, configurable: true })
    return Object.defineProperty(wrapped, 'name', { value: handler.name, configurable: true })
  }
}

function startJob(jobs: Jobs, label = 'job'): () => void {
  const key = Symbol(label)
  jobs.hold(key, label)
  let runs = true
  return () => {
    if (runs) jobs.release(key)
    runs = false
  }
}

export function makeContext(options: HostOptions, { jobs, log, ...sinks }: ContextSinks): AppContext {
  const { name, queues, concurrency, logLevel, pool, child, args } = options
  return {
    name,
    queues,
    concurrency: pool === 'prefork' ? 1 : concurrency,
    logLevel,
    pool,
    ...(child !== undefined && { child }),
    args,
    get signal() {
      return sinks.signal()
    },
    log,
    job: wrapper(jobs),
    jobs: { start: (label) => startJob(jobs, label) },
    reserved: (count) => jobs.reserve(count),
    backlog: (count) => jobs.wait(count),
    onQuiet: (listener) => sinks.onQuiet(listener),
    onResume: (listener) => sinks.onResume(listener),
  }
}

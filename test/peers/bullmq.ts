/** The workers of examples/bullmq, as their users start them, on a Redis of each file's own. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, type TestContext } from 'vitest'
import { type Finished, pause, type Rig, rigFor, until } from '../rig/rig.ts'
import { EXAMPLE, installExample, isExampleInstalled } from './bullmq-example.ts'
import { missingRedis, Redis } from './redis.ts'

const demanded = process.env['MULTI_REQUIRE_PEERS'] === '1'

const missing =
  missingRedis() ?? (isExampleInstalled() || demanded ? undefined : 'npm install --prefix examples/bullmq was not run')
export const skip = missing !== undefined && !demanded
export const note = skip ? ` (skipped: ${missing})` : ''
if (skip) console.warn(`no tests with BullMQ: ${missing}`)

/** As much of BullMQ's Queue as tests use; it is not among our own dependencies. */
interface Queue {
  addBulk(jobs: readonly { name: string; data: unknown }[]): Promise<unknown>
  getJobCounts(): Promise<Readonly<Record<string, number>>>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}

function queueNamed(name: string, url: string): Queue {
  const { Queue } = createRequire(join(EXAMPLE, 'worker.mjs'))('bullmq') as {
    Queue: new (name: string, options: unknown) => Queue
  }
  return new Queue(name, { connection: { url } })
}

/** One row of `status --json`, as far as tests look at it. */
export interface Row {
  readonly name: string
  readonly state: string
  readonly pid: number | null
}

export class Bull {
  readonly rig: Rig
  readonly queue: Queue
  readonly #name: string
  readonly #env: NodeJS.ProcessEnv
  #added = 0

  constructor(rig: Rig, redis: Redis) {
    this.rig = rig
    this.#name = `jobs-${rig.token}`
    this.#env = { REDIS_URL: redis.url, DONE_FILE: this.file }
    this.queue = queueNamed(this.#name, redis.url)
  }

  get file(): string {
    return join(this.rig.work, 'done.txt')
  }

  /** Jobs numbered from 0 on. */
  async add(jobs: number, ms: number): Promise<void> {
    const first = this.#added
    this.#added += jobs
    await this.queue.addBulk(
      Array.from({ length: jobs }, (_, at) => ({ name: 'resize', data: { id: first + at, ms } })),
    )
  }

  async done(...words: string[]): Promise<Finished> {
    const finished = await this.rig.multi({ cwd: EXAMPLE, env: this.#env }, ...words)
    if (finished.code !== 0) throw new Error(`multi ${words.join(' ')} ended with ${finished.code}`)
    return finished
  }

  start(nodes: string, ...options: string[]): Promise<Finished> {
    return this.done('start', nodes, '-A', './worker.mjs', '-Q', this.#name, ...options)
  }

  async rows(): Promise<readonly Row[]> {
    return (await this.done('status', '--json')).json() as readonly Row[]
  }

  /** The numbers of all jobs that were done, as often as they were, in order. */
  ids(): number[] {
    const text = existsSync(this.file) ? readFileSync(this.file, 'utf8') : ''
    const ids = text.split('\n').filter(Boolean).map(Number)
    return ids.sort((one, other) => one - other)
  }

  async hasDone(jobs: number): Promise<void> {
    await until(() => this.ids().length >= jobs, `${jobs} jobs to be done, of ${this.#added}`)
  }

  /** What every job that was ever added, each once, would have written. */
  get allOnce(): number[] {
    return Array.from({ length: this.#added }, (_, id) => id)
  }

  /** Jobs that come one by one: the pause is the load, and nothing is waited for. */
  async trickle(jobs: number, ms: number): Promise<void> {
    for (let job = 0; job < jobs; job += 1) {
      await this.add(1, ms)
      await pause(ms)
    }
  }
}

/** For one file: its Redis, and what the example needs; answers the workers of a test. */
export function withBullmq(): (context: TestContext) => Bull {
  let redis: Redis
  beforeAll(async () => {
    if (missing !== undefined) throw new Error(missing)
    if (!isExampleInstalled()) installExample()
    redis = new Redis()
    await redis.ready()
  })
  afterAll(() => redis.close())
  return (context) => {
    const bull = new Bull(rigFor(context), redis)
    // Redis goes with the file; what its last words are does not matter.
    bull.queue.on('error', () => {})
    context.onTestFinished(() => bull.queue.close())
    return bull
  }
}

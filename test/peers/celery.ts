/**
 * Real Celery workers, with a Redis of each file's own. A test:
 *
 *     describe.skipIf(skip)(`a suite${note}`, () => {
 *       const celeryFor = withBroker()
 *       test('…', async (context) => {
 *         const celery = celeryFor(context)
 *         await celery.done('start', 'w1', '-A', 'tasks')     // our multi, in a rig, with the app in the directory of the call
 *         expect(await celery.do('where')).toEqual(…)         // a worker does a task of fixtures/tasks.py
 *         await celery.theirs('stopwait', 'w1', …)            // Celery's own multi
 */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, type TestContext } from 'vitest'
import { type Finished, type Options, type Rig, rigFor, until } from '../rig/rig.ts'
import { Broker, type Client, missingPeers, PYTHON } from './broker.ts'

const missing = missingPeers()

/** Where peers are demanded, suites are not skipped but fail. */
export const skip = missing !== undefined && process.env['MULTI_REQUIRE_PEERS'] !== '1'
export const note = skip ? ` (skipped: ${missing})` : ''

// Reporters do not show why a suite is skipped.
if (skip) console.warn(`no tests with Celery: ${missing}`)

/** One row of `status --json`, as far as tests look at it. */
export interface Row {
  readonly name: string
  readonly state: string
  readonly pid: number | null
  readonly kind: string | null
  readonly note: string | null
  readonly jobs: { readonly active: number } | null
}

export const full = (node: string): string => `${node}@${hostname()}`

/** Celery alone takes a second of a processor to boot, and other suites may boot theirs. */
const PATIENCE = '--start-timeout=170s'

/** The workers of one test. */
export class Celery {
  readonly rig: Rig
  /** Where the app is: everybody may enter it. */
  readonly directory: string
  readonly client: Client
  readonly options: Options

  constructor(rig: Rig, broker: Broker) {
    this.rig = rig
    this.directory = broker.directory
    this.client = broker.client()
    this.options = { cwd: broker.directory, env: this.client.environment }
  }

  multi(...words: string[]): Promise<Finished> {
    return this.rig.multi(this.options, ...words)
  }

  /** Our multi, which must succeed. */
  async done(...words: string[]): Promise<Finished> {
    const patient = words[0] === 'start' || words[0] === 'restart' ? [PATIENCE] : []
    const finished = await this.multi(...words, ...patient)
    if (finished.code !== 0) throw new Error(`multi ${words.join(' ')} ended with ${finished.code}`)
    return finished
  }

  /** Celery's own multi. */
  theirs(...words: string[]): Promise<Finished> {
    return this.rig.program([PYTHON, '-m', 'celery', 'multi', ...words], this.options).ended
  }

  async status(...words: string[]): Promise<readonly Row[]> {
    return (await this.multi('status', '--json', ...words)).json() as Row[]
  }

  do(task: string, args: readonly unknown[] = [], queue?: string): Promise<unknown> {
    return this.client.do(task, args, queue)
  }

  /** The full name of the node that does a task of that queue. */
  async server(queue?: string): Promise<string> {
    const [name] = (await this.do('where', [], queue)) as [string]
    return name
  }

  /** Starts a job and waits until a worker is in the middle of it; answers the file that the job makes at its end. */
  async begin(task: string, seconds: number, name = 'effect'): Promise<string> {
    const effect = join(this.rig.work, name)
    await this.client.send(task, [seconds, effect])
    await until(() => existsSync(`${effect}.begun`), 'the job to begin')
    return effect
  }

  /** A job of that length that is still being done: where all is slow, it may be over before its beginning is seen. */
  async busy(seconds: number): Promise<string> {
    let times = 0
    const underWay = async () => {
      const effect = await this.begin('nap', seconds, `effect-${++times}`)
      return existsSync(effect) ? undefined : effect
    }
    return until(underWay, 'a job to be seen before its end')
  }

  /** What workers have been asked by links beside their vitals, and have not taken. */
  async wishes(): Promise<readonly string[]> {
    const found = await readdir(join(this.rig.run, 'vitals'), { recursive: true })
    return found.filter((name) => name.endsWith('.wish'))
  }

  pids = (...nodes: string[]): (number | undefined)[] => nodes.map((node) => this.rig.readPid(node))
}

type CeleryFor = (context: Pick<TestContext, 'task' | 'onTestFinished'>) => Celery

/** Redis while the suite runs; answers what makes the workers of a test. */
export function withBroker(): CeleryFor {
  let broker: Broker | undefined
  beforeAll(async () => {
    if (missing !== undefined) throw new Error(missing)
    broker = new Broker()
    await broker.ready()
  })
  afterAll(() => broker?.close())
  return (context) => {
    if (!broker) throw new Error('there is no broker')
    return new Celery(rigFor(context), broker)
  }
}

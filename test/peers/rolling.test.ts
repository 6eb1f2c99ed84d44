/**
 * Jobs flow while three Celery nodes are restarted one by one, ten times in a row (MULTI_ROLLS times), with whatever Celery and
 * kombu are there: those that may lose a job which they are fetching at TERM (celery/celery#4354) are no exception.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { type Finished, pause, type Rig, type Running, rigFor, until } from '../rig/rig.ts'
import { missingRabbitMq, RabbitMq, Redis } from './bridged.ts'
import { PYTHON } from './broker.ts'
import { note, skip } from './celery.ts'

const ROLLS = Number(process.env['MULTI_ROLLS'] ?? 10)
const JOBS_PER_RESTART = 30
/** Between two jobs: the load, nothing is waited for. */
const PAUSE_MS = 100

type Ack = 'early' | 'late'

/** The workers of one test, and the jobs that they are sent. */
class Flow {
  readonly #rig: Rig
  readonly #env: NodeJS.ProcessEnv
  readonly #sender: Running
  #sent = 0

  constructor(rig: Rig, url: string, ack: Ack) {
    this.#rig = rig
    copyFileSync(new URL('fixtures/rolling.py', import.meta.url), join(rig.work, 'rolling.py'))
    this.#env = {
      PATH: `${dirname(PYTHON)}:/usr/sbin:/usr/bin:/sbin:/bin`,
      BROKER_URL: url,
      QUEUE: `q-${rig.token}`,
      ACK: ack,
      DONE_FILE: this.#file,
      PYTHONDONTWRITEBYTECODE: '1',
    }
    this.#sender = rig.program([PYTHON, 'rolling.py'], { env: this.#env, typing: true })
  }

  get #file(): string {
    return join(this.#rig.work, 'done.txt')
  }

  async multi(...words: string[]): Promise<Finished> {
    const finished = await this.#rig.multi({ env: this.#env }, ...words)
    if (finished.code !== 0) throw new Error(`multi ${words.join(' ')} ended with ${finished.code}`)
    return finished
  }

  #send(): void {
    this.#sender.type(`${this.#sent}\n`)
    this.#sent += 1
  }

  /** Jobs come one by one, to the end of what is done meanwhile. */
  async during(act: Promise<unknown>): Promise<void> {
    const ending = new AbortController()
    const acted = act.finally(() => ending.abort())
    acted.catch(() => undefined) // It is awaited below.
    for (let job = 0; job < JOBS_PER_RESTART || !ending.signal.aborted; job += 1) {
      this.#send()
      await pause(PAUSE_MS)
    }
    await acted
  }

  /** The numbers of the jobs that were done, as often as they were. */
  done(): number[] {
    const text = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''
    return text.split('\n').filter(Boolean).map(Number)
  }

  /** Those that were sent and not done, and those done again. */
  account(): { readonly sent: number; readonly lost: number[]; readonly twice: number[] } {
    const times = new Map<number, number>()
    for (const id of this.done()) times.set(id, (times.get(id) ?? 0) + 1)
    const ids = Array.from({ length: this.#sent }, (_, id) => id)
    return {
      sent: this.#sent,
      lost: ids.filter((id) => !times.has(id)),
      twice: [...times].filter(([, count]) => count > 1).map(([id]) => id),
    }
  }

  /** Until the sender has handed over all jobs, and each was done at least once. */
  async allDone(): Promise<void> {
    const handed = (): boolean => this.#sender.stdout.split('\n').length > this.#sent
    await until(handed, 'all jobs to be sent')
    await until(() => this.account().lost.length === 0, 'every job to be done').catch(() => undefined)
  }

  async end(): Promise<void> {
    this.#sender.kill('SIGTERM')
    await this.#sender.ended
  }
}

async function expectNoneLost(context: TestContext, url: string, ack: Ack, what: string) {
  const flow = new Flow(rigFor(context), url, ack)
  // Without what would make each start and stop wait for others' answers.
  await flow.multi('start', '3', '-A', 'rolling', '-c', '1', '-l', 'INFO', '--without-mingle', '--without-gossip')
  for (let restart = 1; restart <= ROLLS; restart += 1) {
    const before = flow.done().length
    await flow.during(flow.multi('restart', '--rolling=1'))
    // Somebody was always there to do them.
    expect(flow.done().length - before).toBeGreaterThan(JOBS_PER_RESTART / 2)
  }
  await flow.allDone()
  await flow.multi('stopwait')
  await flow.end()
  const { sent, lost, twice } = flow.account()
  const numbers = `${sent} jobs, ${lost.length} lost, ${twice.length} done more than once`
  console.info(`${what}, ${ack} ack, ${ROLLS} rolling restarts: ${numbers}`)
  expect(sent).toBeGreaterThanOrEqual(ROLLS * JOBS_PER_RESTART)
  expect(lost).toEqual([])
  // Late ack promises no more than that none is lost; those done twice are counted above.
  expect(ack === 'early' ? twice : []).toEqual([])
}

const missing = missingRabbitMq()
const without = missing !== undefined && process.env['MULTI_REQUIRE_PEERS'] !== '1'
if (without) console.warn(`no tests with RabbitMQ: ${missing}`)

const brokers = [
  { name: 'Redis', broker: () => new Redis(), isSkipped: skip, because: note },
  {
    name: 'RabbitMQ',
    broker: () => new RabbitMq(),
    isSkipped: skip || without,
    because: without ? ` (skipped: ${missing})` : note,
  },
]

describe('jobs that come while Celery workers are restarted one by one, again and again', { concurrent: true }, () => {
  for (const { name, broker: make, isSkipped, because } of brokers) {
    describe.skipIf(isSkipped)(`on ${name}${because}`, () => {
      let broker: Redis | RabbitMq | undefined
      beforeAll(async () => {
        broker = make()
        await broker.start()
      })
      afterAll(() => broker?.stop())
      const url = (): string => broker?.url ?? ''

      test('are all done, each exactly once, with early ack', (context) =>
        expectNoneLost(context, url(), 'early', name))

      test('are all done, with late ack', (context) => expectNoneLost(context, url(), 'late', name))
    })
  }
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rigFor, until, whileNothingHappens } from '../rig/rig.ts'
import { expectHeedsWishes, expectWholeLife, missingPool, POOLS } from './bridge-life.ts'
import { missingRabbitMq, RabbitMq, Worker } from './bridged.ts'
import { note, skip } from './celery.ts'

const required = process.env['MULTI_REQUIRE_PEERS'] === '1'
const missing = missingRabbitMq()
const without = missing !== undefined && !required
if (without) console.warn(`no tests with RabbitMQ: ${missing}`)

describe.skipIf(skip || without)(
  `the Celery bridge on RabbitMQ${without ? ` (skipped: ${missing})` : note}`,
  { concurrent: true },
  () => {
    const broker = new RabbitMq()
    beforeAll(() => broker.start())
    afterAll(() => broker.stop())

    for (const pool of POOLS) {
      const poolMissing = missingPool(pool)
      test.skipIf(poolMissing !== undefined && !required)(
        `tells of a whole life in the pool ${pool}, and the job that runs at TERM is finished${poolMissing ? ` (skipped: ${poolMissing})` : ''}`,
        (context) => expectWholeLife(rigFor(context), broker.url, pool),
      )

      test.skipIf(poolMissing !== undefined && !required)(
        `takes no more jobs when that is wished, in the pool ${pool}${poolMissing ? ` (skipped: ${poolMissing})` : ''}`,
        (context) => expectHeedsWishes(rigFor(context), broker.url, pool),
      )
    }

    test('is quiet when remote control has cancelled its queue, and ready again', async (context) => {
      const worker = new Worker(rigFor(context), broker.url)
      await worker.is('ready')
      const control = ['control', '--destination', worker.name, '--timeout', '20']
      expect((await worker.celery(...control, 'cancel_consumer', worker.queue)).code).toBe(0)
      expect((await worker.is('quiet')).queues).toEqual([])
      expect((await worker.celery(...control, 'add_consumer', worker.queue)).code).toBe(0)
      expect((await worker.is('ready')).queues).toEqual([worker.queue])
      await worker.stop()
    })
  },
)

describe.skipIf(skip || without)('a Celery worker before its RabbitMQ is there', () => {
  test('says booting until it comes', async (context) => {
    const broker = new RabbitMq()
    context.onTestFinished(() => broker.stop())
    await broker.choosePorts()
    const worker = new Worker(rigFor(context), broker.url)
    await worker.is('booting')
    await until(() => worker.output.includes('Cannot connect to'), 'the worker to look for its broker')
    await whileNothingHappens(1500)
    expect(worker.vitals()?.state).toBe('booting')
    await broker.start()
    await worker.is('ready')
    await worker.works()
    await worker.stop()
  })
})

import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isAlive, rigFor, until } from '../rig/rig.ts'
import { missingRabbitMq, RabbitMq, Redis } from './bridged.ts'
import { PYTHON } from './broker.ts'
import { note, type Row, skip } from './celery.ts'

/** Celery looks for its broker after 2 s, 4 s more, 6 s more… */
const COMES_BACK_MS = 90_000

async function redis(): Promise<Redis> {
  return new Redis()
}

async function rabbitMq(): Promise<RabbitMq> {
  const broker = new RabbitMq()
  await broker.choosePorts()
  return broker
}

const missing = missingRabbitMq()
const withoutRabbitMq = missing !== undefined && process.env['MULTI_REQUIRE_PEERS'] !== '1'

describe.skipIf(skip)(`start of a Celery worker whose broker is down${note}`, () => {
  test.for([
    { name: 'Redis', make: redis, isSkipped: false },
    { name: `RabbitMQ${missing ? ` (skipped: ${missing})` : ''}`, make: rabbitMq, isSkipped: withoutRabbitMq },
  ])(
    'fails at --start-timeout with the words of its log and leaves it running; it is running when the broker comes: $name',
    async ({ make, isSkipped }, context) => {
      context.skip(isSkipped)
      const rig = rigFor(context)
      const broker = await make()
      context.onTestFinished(() => broker.stop())
      copyFileSync(new URL('fixtures/hold.py', import.meta.url), join(rig.work, 'hold.py'))
      const env = {
        PATH: `${dirname(PYTHON)}:/usr/sbin:/usr/bin:/sbin:/bin`,
        BROKER_URL: broker.url,
        QUEUE: `q-${rig.token}`,
        PYTHONDONTWRITEBYTECODE: '1',
      }
      const row = async (): Promise<Row | undefined> =>
        ((await rig.multi({ env }, 'status', 'w1', '--json')).json() as Row[])[0]

      const line = ['start', 'w1', '-A', 'hold', '-c', '1', '-l', 'INFO', '--start-timeout=40s']
      const starting = rig.begin({ env }, ...line)
      await until(() => rig.log('w1').includes('Cannot connect to'), 'the worker to look for its broker')
      expect(await row()).toMatchObject({ state: 'starting' })
      expect(starting.stdout).not.toContain('OK')

      const { code, stdout } = await starting.ended
      expect(code).toBe(1)
      const pid = rig.readPid('w1') ?? 0
      expect(stdout).toMatch(
        new RegExp(`w1@\\S+: FAILED: still booting after \\S+ s \\(pid ${pid}\\), left running: see \\S+w1\\.log\n`),
      )
      expect(stdout).toMatch(/^\t {2}\| .*Cannot connect to/m)
      expect(stdout).not.toContain('OK')
      expect(isAlive(pid)).toBe(true)
      expect(await row()).toMatchObject({ state: 'starting', pid })

      await broker.start()
      const isRunning = async () => (await row())?.state === 'running'
      await until(isRunning, 'status to say that it is running', COMES_BACK_MS)
      expect(await row()).toMatchObject({ state: 'running', pid })
      expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
      expect(isAlive(pid)).toBe(false)
    },
  )
})

import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { until } from '../rig/rig.ts'
import { full, note, skip, withBroker } from './celery.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/celery', import.meta.url))

describe.skipIf(skip)(`examples/celery${note}`, { concurrent: true }, () => {
  const celeryFor = withBroker()

  test('the line of its README: queues for some, DEBUG for others', async (context) => {
    const celery = celeryFor(context)
    const { rig, client, options } = celery
    const queues = ['-Q:1-2', 'images,video', '-Q:3', 'data', '-Q', 'default']
    const line = ['-A', 'tasks', '-c', '1', '-l', 'INFO', ...queues, '-L:3', 'DEBUG']
    const started = await rig.multi({ ...options, cwd: EXAMPLE }, 'start', '4', ...line)
    expect(started.code).toBe(0)
    expect(await client.do('add', [2, 3], 'images')).toBe(5)
    expect(await client.do('add', [20, 3], 'default')).toBe(23)
    await until(() => rig.log('celery3').includes('DEBUG/MainProcess'), 'the third to log as -L says')
    expect(await client.do('add', [200, 3], 'data')).toBe(203)
    await until(() => rig.log('celery1').includes(`${full('celery1')} ready.`), 'the first to say that it is ready')
    expect(rig.log('celery1')).not.toContain('DEBUG/MainProcess')
    expect((await rig.multi({ ...options, cwd: EXAMPLE }, 'stopwait')).code).toBe(0)
  })

  test('stopwait waits for sleep_for', async (context) => {
    const celery = celeryFor(context)
    const { rig, client, options } = celery
    const started = await rig.multi({ ...options, cwd: EXAMPLE }, 'start', '1', '-A', 'tasks', '-c', '1', '-l', 'INFO')
    expect(started.code).toBe(0)
    const job = await client.send('sleep_for', [4])
    await until(() => rig.log('celery1').includes(`sleep_for[${job}] received`), 'the worker to have the job')
    expect((await rig.multi({ ...options, cwd: EXAMPLE }, 'stopwait', '1')).code).toBe(0)
    expect(rig.processes()).toEqual([])
    expect(await client.result(job)).toBe(4)
  })
})

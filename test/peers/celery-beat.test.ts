import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { until } from '../rig/rig.ts'
import { PYTHON } from './broker.ts'
import { full, note, skip, withBroker } from './celery.ts'

describe.skipIf(skip)(`celery beat${note}`, { concurrent: true }, () => {
  const celeryFor = withBroker()

  test('runs as a command beside the workers, ticks, and stops with the fleet', async (context) => {
    const celery = celeryFor(context)
    const { rig, client, options } = celery
    const tick = join(rig.work, 'tick')
    const cmd = `${PYTHON} -m celery -A tasks beat --schedule=${rig.work}/schedule --pidfile=`
    const env = { ...client.environment, BEAT_FILE: tick }
    const started = await rig.multi({ ...options, env }, 'start', 'beat', '--cmd', cmd, '-l', 'INFO')
    expect(started.code).toBe(0)
    await celery.done('start', 'w1', '-A', 'tasks', '-c', '1')
    const ticks = () => statSync(tick, { throwIfNoEntry: false })?.mtimeMs
    const first = await until(ticks, 'the first tick')
    await until(() => (ticks() ?? 0) > first, 'another tick')
    expect((await celery.status()).map(({ name, state, kind }) => [name, state, kind])).toEqual([
      [full('beat'), 'running', 'command'],
      [full('w1'), 'running', 'celery'],
    ])
    await celery.done('stopwait')
    expect(rig.processes()).toEqual([])
    expect((await celery.multi('status')).code).toBe(3)
  })
})

import { expect, test } from 'vitest'
import { rigFor } from '../rig/rig.ts'

test.for([
  [['kill', '--flet=mail'], '--fleet'],
  [['stopwait', 'w1', '--timeot=1s'], '--timeout'],
  [['stop', '--al'], '--all'],
  [['quiet', '--tiemout=1'], '--timeout'],
  [['resume', '--pid-file=x'], '--pidfile'],
  [['status', '--jsn'], '--json'],
] as const)(
  '%j is refused with exit 2, asks whether %s was meant, and does nothing',
  async ([line, meant], context) => {
    const rig = rigFor(context)
    const worker = await rig.started('w1')
    const { code, stdout, stderr } = await rig.multi({}, ...line)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`did you mean ${meant}?`)
    expect({ alive: worker.alive, signals: worker.signals }).toEqual({ alive: true, signals: [] })
    await worker.exit()
  },
)

test('stopwait takes the options of a worker, as Celery’s init script gives them, and says nothing of them', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  const given = ['-A', 'proj', `--workdir=${rig.work}`, '--loglevel=INFO', '--time-limit=300', '--of-our-own=3']
  const { code, stdout, stderr } = await rig.multi('stopwait', 'w1', ...given)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toContain('is not known')
})

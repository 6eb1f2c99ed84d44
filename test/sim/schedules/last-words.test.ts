/** A worker has said its last words, and its process is not gone yet. */
import { expect, test } from 'vitest'
import { type Behaviour, type SimProcess, writeVitals } from '../index.ts'
import { Fleet, outcomesOf } from './fleet.ts'
import { talks, withPidfile } from './talkers.ts'
import { type WorkerName, workerOf } from './workers.ts'

const DYING_MS = 700

/** Ended by somebody who is not multi: says so, and takes its time to go. */
const dies: Behaviour = {
  ...talks(0, 40),
  onSignal(signal, self) {
    if (signal !== 'INT') return 'default'
    writeVitals(self, 'gone')
    if (self.env['MULTI_PIDFILE']) self.machine.files.remove(self.env['MULTI_PIDFILE'], self)
    self.after(DYING_MS, () => self.exit(0))
  },
}

async function dying(
  behaviour = dies,
  worker: WorkerName = 'talks',
): Promise<{ readonly fleet: Fleet; readonly old: SimProcess }> {
  const fleet = new Fleet({ worker, nodes: ['w1'] })
  fleet.world.program(workerOf(worker).path, behaviour)
  fleet.furnish()
  await fleet.done(fleet.start)
  const [old] = fleet.leadersOf('w1')
  if (!old) throw new Error('nobody was started')
  fleet.world.signal(old, 'INT')
  await fleet.world.pass(5)
  return { fleet, old }
}

test.each<[WorkerName, Behaviour]>([
  ['talks', dies],
  ['app', withPidfile(dies)],
])('a start waits for its end, and starts the next one (%s)', async (worker, behaviour) => {
  const { fleet, old } = await dying(behaviour, worker)
  expect(old.dead).toBe(false)
  expect(outcomesOf(await fleet.done(fleet.start))[0]).toMatchObject({ result: 'started' })
  expect(old.dead).toBe(true)
  expect(fleet.leadersOf('w1')).toHaveLength(1)
})

test('a start joins it when it boots once more in the same process, as Celery does at HUP', async () => {
  const { fleet, old } = await dying({
    ...dies,
    onSignal(signal, self) {
      if (signal !== 'INT') return 'default'
      writeVitals(self, 'gone')
      self.after(200, () => writeVitals(self, 'booting'))
      self.after(400, () => writeVitals(self, 'ready'))
    },
  })
  expect(outcomesOf(await fleet.done(fleet.start))[0]).toMatchObject({ result: 'already-running', pid: old.pid })
  expect(fleet.leadersOf('w1')).toEqual([old])
})

import { describe, expect, test } from 'vitest'
import { until, whileNothingHappens } from '../rig/rig.ts'
import { note, skip, withBullmq } from './bullmq.ts'

describe.skipIf(skip)(`BullMQ workers${note}`, () => {
  const bullFor = withBullmq()

  test('three nodes share the jobs; status shows them; stopwait loses none, and what waits is done later', async (context) => {
    const bull = bullFor(context)
    // So many that none of them is the last before the stop comes, on however busy a machine.
    await bull.add(240, 300)
    await bull.start('3')
    expect((await bull.rows()).map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    await bull.hasDone(6)
    await bull.done('stopwait')
    const { active, failed, completed } = await bull.queue.getJobCounts()
    expect({ active, failed, completed }).toEqual({ active: 0, failed: 0, completed: bull.ids().length })
    expect(bull.ids().length).toBeLessThan(240)
    await bull.start('3')
    await bull.hasDone(240)
    await bull.done('stopwait')
    expect(bull.ids()).toEqual(bull.allOnce)
  })

  test('a node that is quiet finishes what it runs and takes nothing, until it is resumed', async (context) => {
    const bull = bullFor(context)
    await bull.start('1', '-c', '2')
    await bull.add(2, 500)
    await until(async () => (await bull.queue.getJobCounts())['waiting'] === 0, 'it to have both')
    await bull.done('quiet')
    expect((await bull.rows()).map(({ state }) => state)).toEqual(['quiet'])
    await bull.hasDone(2)
    await bull.add(10, 10)
    // Fixed: only to show that nothing is taken.
    await whileNothingHappens(1500)
    expect(await bull.queue.getJobCounts()).toMatchObject({ waiting: 10, active: 0 })
    await bull.done('resume')
    await bull.hasDone(12)
    await bull.done('stopwait')
    expect(bull.ids()).toEqual(bull.allOnce)
  })

  test('a node that was idle when it became quiet takes nothing either', async (context) => {
    const bull = bullFor(context)
    await bull.start('1')
    await bull.done('quiet')
    await bull.add(5, 10)
    // Fixed: only to show that nothing is taken.
    await whileNothingHappens(1500)
    expect(await bull.queue.getJobCounts()).toMatchObject({ waiting: 5, active: 0 })
    await bull.done('resume')
    await bull.hasDone(5)
    await bull.done('stopwait')
  })

  test.for([
    { with: 'one process each', options: ['-c', '2'], restarts: 10 },
    // Three processes for each node take their time to start; what is new is one that is replaced while its pool is closed.
    { with: 'a pool each', options: ['-P', 'prefork', '-c', '2', '--max-tasks-per-child=5'], restarts: 10 },
  ])(
    'every job is done once while nodes with $with are restarted one by one, again and again',
    async (row, context) => {
      const bull = bullFor(context)
      const perRestart = 30
      await bull.start('3', ...row.options)
      for (let restart = 1; restart <= row.restarts; restart += 1) {
        const before = bull.ids().length
        await Promise.all([bull.trickle(perRestart, 50), bull.done('restart', '--rolling=1')])
        expect(bull.ids().length).toBeGreaterThan(before)
      }
      await bull.hasDone(row.restarts * perRestart)
      await bull.done('stopwait')
      expect(bull.ids()).toEqual(bull.allOnce)
      expect(await bull.queue.getJobCounts()).toMatchObject({ active: 0, failed: 0, waiting: 0 })
    },
  )
})

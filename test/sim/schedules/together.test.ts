import { describe, expect, test } from 'vitest'
import { Fleet, outcomesOf } from './fleet.ts'

/** Two commands at the same moment, in a hundred orders; what they answer, and how often. */
async function together(begins: 'up' | 'down', one: string, other: string) {
  const answers = new Set<string>()
  const terms = new Set<number>()
  const alive = new Set<number>()
  for (let seed = 0; seed < 100; seed++) {
    const fleet = new Fleet({ worker: 'drains', nodes: ['w1'], seed })
    if (begins === 'up') await fleet.done(fleet.start)
    const both = [one, other].map((line) => fleet.issue(line.replace('START', fleet.start)))
    await fleet.world.runWhile(() => both.some(({ system }) => system.multi.alive))
    for (const command of both) {
      for (const outcome of outcomesOf(command)) {
        answers.add(outcome.result === 'failed' ? `failed: ${outcome.failure.reason}` : outcome.result)
      }
    }
    terms.add(fleet.world.signals.filter(({ signal }) => signal === 'TERM').length)
    alive.add(fleet.leadersOf('w1').length)
  }
  return { answers: [...answers].sort(), terms: [...terms], alive: [...alive] }
}

describe('two commands at the same moment', () => {
  test('two starts: one starts, the other waits with it until it is ready', async () => {
    const both = await together('down', 'START', 'START')
    expect(both).toEqual({ answers: ['already-running', 'started'], terms: [0], alive: [1] })
  })

  test('two stopwaits: one TERM, both wait for the end', async () => {
    const both = await together('up', 'stopwait w1', 'stopwait w1')
    expect(both.terms).toEqual([1])
    expect(both.alive).toEqual([0])
    expect(both.answers).toEqual(['stopped'])
  })

  test('stop and stopwait: one TERM', async () => {
    const both = await together('up', 'stop w1', 'stopwait w1')
    expect(both.terms).toEqual([1])
    expect(both.alive).toEqual([0])
    expect(both.answers.some((answer) => answer.startsWith('failed'))).toBe(false)
  })

  test('two restarts are one: the new worker of the first is not stopped by the second', async () => {
    const both = await together('up', 'restart w1', 'restart w1')
    expect(both).toEqual({ answers: ['already-running', 'restarted'], terms: [1], alive: [1] })
  })

  test.for([undefined, 6, 10, 14, 18, 22] as const)(
    'a start and a forget (killed at its call %s): whoever is first, what runs is known to all commands',
    async (killedAt) => {
      const alive = new Set<number>()
      for (let seed = 0; seed < 100; seed++) {
        const fleet = new Fleet({ worker: 'drains', nodes: ['w1'], seed })
        await fleet.done(fleet.start)
        await fleet.done('stopwait w1')
        const both = [fleet.issue(fleet.start), fleet.issue('forget w1')] as const
        if (killedAt !== undefined) fleet.world.killAt(both[1].system, killedAt)
        await fleet.world.runWhile(() => both.some(({ system }) => system.multi.alive))
        expect(outcomesOf(both[0])).toMatchObject([{ result: 'started' }])
        expect(await fleet.status('status')).toMatchObject([{ name: 'w1@sim', state: 'running' }])
        alive.add(fleet.leadersOf('w1').length)
      }
      expect([...alive]).toEqual([1])
    },
  )
})

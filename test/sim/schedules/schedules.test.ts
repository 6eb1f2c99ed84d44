import { describe, expect, test } from 'vitest'
import { runSeed } from '../run/one.ts'
import { tell } from '../run/tell.ts'
import { FLAVOURS } from './flavours.ts'
import { complaintsOf, play, type Schedule } from './schedule.ts'

/** A few of each here, so that every run of the tests plays some; `npm run sim` plays any number. */
const EACH = Number(process.env['MULTI_SCHEDULES'] ?? 60)

describe('any number of commands at once, and everything that can happen to them, break no promise', () => {
  test.each(FLAVOURS)('%s', { timeout: 120_000 }, async (flavour) => {
    for (let seed = 0; seed < EACH; seed++) {
      const failed = await runSeed(seed, { flavours: [flavour] })
      expect(failed && (await tell(failed))).toBeUndefined()
    }
  })
})

describe('a seed', () => {
  const schedule: Schedule = {
    seed: 7,
    worker: 'celeryLike',
    nodes: ['w1', 'w2'],
    begins: 'up',
    commands: [
      { verb: 'restart', at: 0, killedAt: 90 },
      { verb: 'stopwait', at: 3 },
      { verb: 'start', at: 40 },
    ],
    strangersEvery: 15,
    pids: { first: 100, last: 139 },
    stall: { chance: 0.05, ms: 50 },
  }

  test('replays one run exactly, call by call', async () => {
    const [one, other] = [await play(schedule), await play(schedule)]
    expect(one.fleet.world.story().split('\n').length).toBeGreaterThan(300)
    expect(other.fleet.world.story()).toBe(one.fleet.world.story())
    const third = await play({ ...schedule, seed: 8 })
    expect(third.fleet.world.story()).not.toBe(one.fleet.world.story())
  })

  const one: Schedule = { ...schedule, worker: 'diesAtOnce', commands: [{ verb: 'start', at: 0 }], begins: 'down' }

  test('draws one schedule, the same each time, and the smallest that fails as well', async () => {
    const judge = async ({ commands }: Schedule) => (commands.some(({ verb }) => verb === 'start') ? ['a start'] : [])
    const draw = (number: number) => runSeed(number, { flavours: ['starts'], judge })
    const [once, again, other] = [await draw(5), await draw(5), await draw(6)]
    expect(again).toEqual(once)
    expect(other?.schedule).not.toEqual(once?.schedule)
    expect(once?.shrunk).toMatchObject({ seed: 0, nodes: ['w1'], worker: 'sleeper' })
    expect(once?.complaints).toEqual(['a start'])
  })

  test('of a run that fails is told as a story that names the seed', async () => {
    const complaints = ['w1: 1 and 2 live at once']
    const text = await tell({ seed: 12345, flavour: 'troubled', schedule: one, complaints, shrunk: one })
    expect(text).toContain('npm run sim -- --runs 1 --seed 12345')
    expect(text).toContain('w1: 1 and 2 live at once')
    expect(text).toContain('0 ms  multi start')
    expect(text).toMatch(/multi#1 +spawn \/usr\/bin\/dies/)
  })

  test('says nothing where nothing is wrong', async () => {
    expect(await complaintsOf(one)).toEqual([])
  })
})

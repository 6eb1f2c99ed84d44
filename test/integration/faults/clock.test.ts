import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Rig, rigFor, until, whileNothingHappens } from '../../rig/rig.ts'
import { Clock, missing, skip } from '../support/clock.ts'
import { expectTruth, expectUp, litter } from '../support/truth.ts'

const HOUR = 3600
const YEAR = 365 * 24 * HOUR

/** Half an hour would be enough to break a deadline that heeds the wall clock; a year breaks any arithmetic. */
const STEPS = [
  ['an hour ahead', HOUR],
  ['an hour behind', -HOUR],
  ['a year ahead', YEAR],
  ['a year behind', -YEAR],
] as const

/** A worker that says how it is: ready when one file is there, with a second job when another is. */
const APP = `
import { existsSync } from 'node:fs'
import { setTimeout as rest } from 'node:timers/promises'
export default async ({ jobs }) => {
  while (!existsSync('ready')) await rest(20)
  const ends = [jobs.start()]
  const timer = setInterval(() => {
    if (!existsSync('more')) return
    clearInterval(timer)
    ends.push(jobs.start())
  }, 20)
  return {
    close() {
      clearInterval(timer)
      for (const end of ends) end()
    },
  }
}
`

function talker(rig: Rig): readonly string[] {
  writeFileSync(join(rig.work, 'app.mjs'), APP)
  return ['-A', './app.mjs']
}

const beReady = (rig: Rig): void => writeFileSync(join(rig.work, 'ready'), '')

const beHeard = (rig: Rig): void => writeFileSync(join(rig.work, 'more'), '')

interface Row {
  readonly state: string
  readonly jobs: { readonly active: number } | null
}

const rowsOf = async (rig: Rig, env: NodeJS.ProcessEnv = {}): Promise<readonly Row[]> =>
  (await rig.multi({ env }, 'status', 'w1', '--json')).json() as readonly Row[]

if (missing !== undefined && skip) console.warn(`skipped: ${missing}`)

describe.skipIf(skip)('a clock that is set', () => {
  test.for(STEPS)('%s between the commands: status is true, one TERM, nothing left', async ([, seconds], context) => {
    const rig = rigFor(context)
    const clock = new Clock(rig)
    const { env } = clock
    expect((await rig.multi({ env }, 'start', 'w1', 'w2', ...rig.puppet, '--startsecs=0.2')).code).toBe(0)
    const workers = [await rig.worker('w1'), await rig.worker('w2')]
    clock.step(seconds)
    await expectTruth(rig, ['w1', 'w2'], { env })
    expect((await rig.multi({ env }, 'start', 'w1', 'w2')).stdout).toContain(`already running, pid ${workers[0]?.pid}`)
    expect((await rig.multi({ env }, 'stop', 'w1')).code).toBe(0)
    await workers[0]?.gone()
    expect((await rig.multi({ env }, 'restart', 'w2', '--startsecs=0.2')).code).toBe(0)
    expectUp(rig, ['w2'], 'stop and restart')
    clock.step(0)
    await expectTruth(rig, ['w1', 'w2'], { env })
    expect((await rig.multi({ env }, 'stopwait', 'w1', 'w2')).code).toBe(0)
    expect(workers.map(({ signals }) => signals)).toEqual([['SIGTERM'], ['SIGTERM']])
    expect(litter(rig)).toEqual([])
  })

  test.for(STEPS)(
    '%s in the middle of a stopwait: it neither gives up early nor late, and sends one TERM',
    async ([, seconds], context) => {
      const rig = rigFor(context)
      const clock = new Clock(rig)
      const { env } = clock
      expect((await rig.multi({ env }, 'start', 'w1', ...rig.puppet, '--startsecs=0')).code).toBe(0)
      const worker = await rig.worker('w1')
      await worker.on('SIGTERM', 'stay')
      const patient = rig.begin({ env }, 'stopwait', 'w1', '--timeout=1000')
      await worker.got('SIGTERM')
      await until(() => rig.record('w1')?.stop, 'the stop to be recorded')
      clock.step(seconds)
      const hasty = await rig.multi({ env }, 'stopwait', 'w1', '--timeout=0.3')
      expect(hasty.code).toBe(124)
      await whileNothingHappens()
      expect(patient.finished).toBeUndefined()
      await expectTruth(rig, ['w1'], { env })
      await worker.exit()
      expect((await patient.ended).code).toBe(0)
      expect(worker.signals).toEqual(['SIGTERM'])
      expect(litter(rig)).toEqual([])
    },
  )

  test.for(STEPS)(
    '%s in the middle of a start: it waits for the worker’s word, believes it, and stops what it started',
    async ([, seconds], context) => {
      const rig = rigFor(context)
      const clock = new Clock(rig)
      const { env } = clock
      const app = talker(rig)
      const starting = rig.begin({ env }, 'start', 'w1', ...app, '--start-timeout=1000')
      await until(() => rig.record('w1')?.launch !== undefined, 'the start to be recorded')
      clock.step(seconds)
      await whileNothingHappens()
      expect(starting.finished).toBeUndefined()
      beReady(rig)
      expect((await starting.ended).code).toBe(0)
      const rows = await rowsOf(rig, env)
      // Set back to before the start, the times of its words are from before it, too: it counts as mute, until the clock is there again.
      expect(rows).toMatchObject([{ state: 'running', jobs: seconds < 0 ? null : { active: 1 } }])
      clock.step(1)
      beHeard(rig)
      await until(async () => (await rowsOf(rig, env))[0]?.jobs?.active === 2, 'its words to be believed again')
      expect((await rig.multi({ env }, 'stopwait', 'w1')).code).toBe(0)
      expect(litter(rig)).toEqual([])
    },
  )

  test.for(STEPS)(
    '%s for the worker only: what it says of itself is believed, and it is stopped',
    async ([, seconds], context) => {
      const rig = rigFor(context)
      const clock = new Clock(rig)
      clock.step(seconds)
      const app = talker(rig)
      beReady(rig)
      expect((await rig.multi({ env: clock.env }, 'start', 'w1', ...app)).code).toBe(0)
      const rows = await rowsOf(rig)
      expect(rows).toMatchObject([{ state: 'running' }])
      await expectTruth(rig, ['w1'])
      expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
      expect(litter(rig)).toEqual([])
    },
  )
})

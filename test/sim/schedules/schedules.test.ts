import fc from 'fast-check'
import { expect, test } from 'vitest'
import { complaintsOf, type Happening, type Issued, type Schedule } from './schedule.ts'
import type { WorkerName } from './workers.ts'

const RUNS = Number(process.env['MULTI_SCHEDULES'] ?? 500)

const issued = (verbs: readonly Issued['verb'][]): fc.Arbitrary<Issued> =>
  fc.record({
    verb: fc.constantFrom(...verbs),
    at: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
    killedAt: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined, freq: 2 }),
  })

const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom<Happening['what']>(
    'worker killed',
    'worker suspended',
    'worker resumed',
    'Ctrl-C',
    'clock set',
  ),
  at: fc.integer({ min: 0, max: 400 }),
})

const schedules = (verbs: readonly Issued['verb'][], more: Partial<Schedule> = {}): fc.Arbitrary<Schedule> =>
  fc
    .record({
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      begins: fc.constantFrom('up', 'down'),
      worker: fc.constantFrom<WorkerName>('sleeper', 'drains', 'celeryLike', 'forksChild', 'rewritesEnviron'),
      nodes: fc.constantFrom(['w1'], ['w1', 'w2']),
      lock: fc.constantFrom('exclusive', 'twice', 'twice-when-stale'),
      commands: fc.array(issued(verbs), { minLength: 2, maxLength: 4 }),
      stall: fc.option(fc.record({ chance: fc.constant(0.01), ms: fc.constantFrom(50, 3000) }), { nil: undefined }),
    })
    .map(({ stall, ...schedule }) => ({ ...schedule, ...(stall ? { stall } : {}), ...more }) as Schedule)

const expectToHold = (verbs: readonly Issued['verb'][], more?: Partial<Schedule>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(schedules(verbs, more), async (schedule) => {
      expect(await complaintsOf(schedule)).toEqual([])
    }),
    { numRuns: RUNS / 5 },
  )

test('starts at once, killed and stalled anywhere, make one worker', { timeout: 120_000 }, () =>
  expectToHold(['start']),
)

test('stops and stopwaits at once signal once and end it', { timeout: 120_000 }, () =>
  expectToHold(['stop', 'stopwait']),
)

test('starts, stops and restarts at once never make two workers', { timeout: 120_000 }, () =>
  expectToHold(['start', 'stop', 'stopwait', 'restart']),
)

test('kill among all others', { timeout: 120_000 }, () =>
  expectToHold(['start', 'stop', 'stopwait', 'restart', 'kill']),
)

test('strangers that get every freed pid are never signalled', { timeout: 120_000 }, () =>
  expectToHold(['start', 'stop', 'stopwait', 'restart', 'kill'], {
    pids: { first: 100, last: 139 },
    strangersEvery: 15,
  }),
)

test('workers that somebody else kills or suspends, Ctrl-C, and a clock that is set', { timeout: 120_000 }, () =>
  fc.assert(
    fc.asyncProperty(
      schedules(['start', 'stop', 'stopwait', 'restart', 'kill']),
      // A pool that its worker no longer leads obeys nothing but KILL: a stopwait would rightly wait for ever.
      fc.constantFrom<WorkerName>('sleeper', 'drains', 'forksChild', 'rewritesEnviron'),
      fc.array(happening, { minLength: 1, maxLength: 4 }),
      async (schedule, worker, happenings) => {
        expect(await complaintsOf({ ...schedule, worker, happenings })).toEqual([])
      },
    ),
    { numRuns: RUNS / 5 },
  ),
)

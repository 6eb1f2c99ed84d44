import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, failuresAfter, STABLE_MS } from '../../../src/worker/pool/backoff.ts'
import { decide, wakeAt } from '../../../src/worker/pool/decide.ts'
import { scaleTo, shrinksAt } from '../../../src/worker/pool/scale.ts'
import type { Limits, PoolView, SlotView } from '../../../src/worker/pool/view.ts'

const NOW = 100_000
const REST = { recycling: false, retryAt: 0, active: 0, done: 0, rss: 0 }
const slot = (index: number, phase: SlotView['phase'], more: Partial<SlotView> = {}): SlotView => ({
  index,
  phase,
  ...REST,
  ...more,
})
const ready = (index: number, more: Partial<SlotView> = {}) => slot(index, 'ready', { idleSince: NOW, ...more })
const view = (slots: readonly SlotView[], more: Partial<PoolView> = {}): PoolView => ({
  slots,
  wanted: slots.filter(({ phase }) => phase !== 'off').length,
  backlog: undefined,
  scaledUpAt: 0,
  ...more,
})
const limits = (more: Partial<Limits> = {}): Limits => ({ keepAliveMs: 30_000, ...more })
const scaled = (slots: readonly SlotView[], more: Partial<PoolView> = {}, max = 8, min = 1) =>
  scaleTo(view(slots, more), limits({ autoscale: { max, min } }), NOW)

describe('a child that ended is started again', () => {
  it('after pauses that double, vary by half, and never exceed a minute', () => {
    expect([1, 2, 3, 4].map((n) => backoffMs(n, 1))).toEqual([500, 1000, 2000, 4000])
    expect([1, 2, 3].map((n) => backoffMs(n, 0))).toEqual([250, 500, 1000])
    fc.assert(
      fc.property(fc.nat(5000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
        const pause = backoffMs(failures, random)
        return pause >= 250 && pause <= 60_000
      }),
    )
  })

  it('counting from one when it had been ready for long enough', () => {
    expect(failuresAfter(7, undefined)).toBe(8)
    expect(failuresAfter(7, STABLE_MS - 1)).toBe(8)
    expect(failuresAfter(7, STABLE_MS)).toBe(1)
  })

  it('when its pause is over, and not before', () => {
    const pool = view([slot(1, 'down', { retryAt: NOW }), slot(2, 'down', { retryAt: NOW + 1 }), ready(3)])
    expect(decide(pool, limits(), NOW)).toEqual([{ step: 'start', index: 1 }])
    expect(wakeAt(view([slot(2, 'down', { retryAt: NOW + 1 }), ready(3)]))).toBe(NOW + 1)
    expect(wakeAt(view([ready(1)]))).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('a pool', () => {
  it('starts as many as are wanted, in the places that are free', () => {
    const pool = view([ready(1), slot(2, 'off'), slot(3, 'draining', { leaving: 'shrink' }), slot(4, 'off')], {
      wanted: 2,
    })
    expect(decide(pool, limits(), NOW)).toEqual([{ step: 'start', index: 2 }])
  })

  it('shrinks by those that do not run, then by the longest idle, and last by one with a job', () => {
    const slots = [
      ready(1, { active: 1 }),
      ready(2, { idleSince: 5 }),
      ready(3, { idleSince: 4 }),
      slot(4, 'down', { retryAt: NOW + 9 }),
    ]
    const drained = (wanted: number) => decide(view(slots, { wanted }), limits(), NOW).map(({ index }) => index)
    expect(drained(3)).toEqual([4])
    expect(drained(2)).toEqual([4, 3])
    expect(drained(1)).toEqual([4, 3, 2])
    expect(drained(0)).toEqual([4, 3, 2, 1])
  })
})

describe('a child is replaced', () => {
  const tasks = limits({ maxTasks: 10 })
  const old = (index: number) => ready(index, { done: 10 })

  it.each([
    ['jobs', limits({ maxTasks: 10 }), { done: 10 }, { done: 9 }],
    ['memory in KiB', limits({ maxMemory: 1000 }), { rss: 1001 * 1024, done: 1 }, { rss: 1000 * 1024, done: 1 }],
    [
      'memory, and not before it has done a job',
      limits({ maxMemory: 1 }),
      { rss: 2048, done: 1 },
      { rss: 2048, rssAtReady: 1025 },
    ],
    ['memory, where nobody counts its jobs', limits({ maxMemory: 1 }), { rss: 2048, rssAtReady: 1024 }, { rss: 1024 }],
  ])('for its %s', (_, limit, over, under) => {
    expect(decide(view([ready(1, under), ready(2, over)]), limit, NOW)).toMatchObject([
      { step: 'drain', index: 2, why: 'recycle' },
    ])
    expect(decide(view([ready(1, under), ready(2, under)]), limit, NOW)).toEqual([])
  })

  it('one at a time, until its successor is ready', () => {
    expect(decide(view([old(1), old(2), old(3), old(4)]), tasks, NOW)).toHaveLength(1)
    for (const phase of ['draining', 'down', 'booting'] as const) {
      const pool = view([slot(1, phase, { recycling: true, retryAt: NOW + 1 }), old(2), old(3), old(4)])
      expect(decide(pool, tasks, NOW)).toEqual([])
    }
  })

  it('never so that less than half of the pool is ready', () => {
    const down = (index: number) => slot(index, 'down', { retryAt: NOW + 1 })
    expect(decide(view([old(1), old(2), down(3), down(4)]), tasks, NOW)).toEqual([])
    expect(decide(view([old(1), old(2), old(3), down(4)]), tasks, NOW)).toHaveLength(1)
    expect(decide(view([old(1), down(2)]), tasks, NOW)).toEqual([])
    expect(decide(view([old(1), old(2)]), tasks, NOW)).toHaveLength(1)
  })

  it('also when it is the only one', () => {
    expect(decide(view([old(1)]), tasks, NOW)).toHaveLength(1)
  })

  it('in any pool: never two at once, and never below half of two or more', () => {
    const anySlot = fc.record({
      phase: fc.constantFrom<SlotView['phase']>('down', 'booting', 'ready', 'draining'),
      done: fc.constantFrom(0, 10),
      active: fc.nat(1),
    })
    fc.assert(
      fc.property(fc.array(anySlot, { minLength: 1, maxLength: 9 }), (all) => {
        const pool = view(all.map((one, at) => slot(at + 1, one.phase, { ...one, retryAt: NOW + 1 })))
        const steps = decide(pool, tasks, NOW).filter(({ step }) => step === 'drain')
        const left = all.filter(({ phase }) => phase === 'ready').length - steps.length
        expect(steps.length).toBeLessThanOrEqual(1)
        expect(steps.length === 0 || all.length === 1 || left * 2 >= all.length).toBe(true)
      }),
    )
  })
})

describe('--autoscale', () => {
  const busy = (index: number) => slot(index, 'ready', { active: 1 })
  const idle = (index: number, forMs = 30_000) => ready(index, { idleSince: NOW - forMs })

  it('wants as many as there are jobs, running and waiting, up to its limit', () => {
    expect(scaled([busy(1), ready(2)], { backlog: 2 })).toBe(3)
    expect(scaled([busy(1)], { backlog: 100 })).toBe(8)
    expect(scaled([busy(1), busy(2)], { backlog: 0 })).toBe(2)
  })

  it('wants one more when all are busy and the app says nothing of what waits', () => {
    expect(scaled([busy(1), busy(2)])).toBe(3)
    expect(scaled([busy(1), ready(2)])).toBe(2)
    expect(scaled([busy(1), slot(2, 'booting')])).toBe(2)
    expect(scaled([busy(1), busy(2)], {}, 2)).toBe(2)
  })

  it('wants fewer once they have been idle for long enough, down to its limit', () => {
    expect(scaled([busy(1), idle(2), idle(3)])).toBe(1)
    expect(scaled([idle(1), idle(2), idle(3)], {}, 8, 2)).toBe(2)
    expect(scaled([busy(1), idle(2, 29_999), idle(3)])).toBe(2)
    expect(scaled([idle(1), idle(2), idle(3)], { backlog: 2 })).toBe(2)
  })

  it('but not soon after it grew', () => {
    expect(scaled([idle(1), idle(2)], { scaledUpAt: NOW - 29_999 })).toBe(2)
    const rules = limits({ autoscale: { max: 8, min: 1 } })
    expect(shrinksAt(view([idle(1), idle(2)], { scaledUpAt: NOW }), rules)).toBe(NOW + 30_000)
    expect(shrinksAt(view([idle(1)]), rules)).toBe(Number.POSITIVE_INFINITY)
  })

  it('stays between its limits whatever is reported', () => {
    const anySlot = fc.record({ active: fc.nat(3), idleSince: fc.nat(NOW) })
    fc.assert(
      fc.property(
        fc.array(anySlot, { minLength: 2, maxLength: 8 }),
        fc.option(fc.nat(50), { nil: undefined }),
        (all, backlog) => {
          const wanted = scaled(
            all.map((one, at) => slot(at + 1, 'ready', one)),
            { backlog },
            8,
            2,
          )
          expect(wanted).toBeGreaterThanOrEqual(2)
          expect(wanted).toBeLessThanOrEqual(8)
        },
      ),
    )
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pace } from '../../../src/worker/pace.ts'

const TEMPO = { pauseMs: 500, periodMs: 9500 }
let writes: number
let pace: Pace

beforeEach(() => {
  vi.useFakeTimers()
  writes = 0
  pace = new Pace(() => void (writes += 1), TEMPO)
})
afterEach(() => {
  vi.useRealTimers()
})

it('writes at most once in a pause, however often something changes', async () => {
  for (let ms = 0; ms < 9_900; ms += 1) {
    pace.changed()
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(writes).toBe(20)
})

it('writes the last of many changes', async () => {
  pace.changed()
  await vi.advanceTimersByTimeAsync(1)
  pace.changed()
  await vi.advanceTimersByTimeAsync(498)
  expect(writes).toBe(1)
  await vi.advanceTimersByTimeAsync(2)
  expect(writes).toBe(2)
})

it('writes when nothing changes, too', async () => {
  pace.begin()
  await vi.advanceTimersByTimeAsync(500)
  expect(writes).toBe(1)
  await vi.advanceTimersByTimeAsync(95_000)
  expect(writes).toBe(11)
})

it('waits with its first word for a moment, but not with a change', async () => {
  pace.begin()
  await vi.advanceTimersByTimeAsync(100)
  expect(writes).toBe(0)
  pace.changed()
  await vi.advanceTimersByTimeAsync(0)
  expect(writes).toBe(1)
})

it('keeps its distance from what was written without it', async () => {
  pace.wrote()
  pace.begin()
  pace.changed()
  await vi.advanceTimersByTimeAsync(499)
  expect(writes).toBe(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(writes).toBe(1)
})

it('is silent once it is stopped', async () => {
  pace.changed()
  pace.stop()
  pace.changed()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(writes).toBe(0)
})

it('never has two writes under way, and makes up for what came meanwhile', async () => {
  let under = 0
  let most = 0
  const slow = new Pace(async () => {
    under += 1
    most = Math.max(most, under)
    await new Promise((resolve) => setTimeout(resolve, 30_000)) // oxlint-disable-line no-restricted-globals -- the clock is faked
    under -= 1
    writes += 1
  }, TEMPO)
  slow.changed()
  await vi.advanceTimersByTimeAsync(1000)
  slow.changed()
  await vi.advanceTimersByTimeAsync(59_500)
  expect(writes).toBe(2)
  expect(most).toBe(1)
})

describe('with ten ahead', () => {
  beforeEach(() => {
    pace = new Pace(() => void (writes += 1), { pauseMs: 100, periodMs: 5000, ahead: 10 })
  })

  it('writes a change in the call that says so, also right after another one', () => {
    pace.changed()
    expect(writes).toBe(1)
    pace.changed()
    expect(writes).toBe(2)
  })

  it('writes at most once in a pause on the average, but for those ten', async () => {
    for (let ms = 0; ms < 9_950; ms += 1) {
      pace.changed()
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(writes).toBe(100 + 10)
  })

  it('may write ten ahead again after a rest', async () => {
    for (let change = 0; change < 100; change += 1) pace.changed()
    expect(writes).toBe(11)
    await vi.advanceTimersByTimeAsync(4000)
    expect(writes).toBe(12) // The last of them.
    for (let change = 0; change < 100; change += 1) pace.changed()
    expect(writes).toBe(12 + 11)
  })

  it('waits for a reader that is slow with eleven under way', async () => {
    let read: () => void = () => {}
    const slow = new Pace(
      () => {
        writes += 1
        return new Promise<void>((resolve) => (read = resolve))
      },
      { pauseMs: 100, periodMs: 5000, ahead: 10 },
    )
    for (let change = 0; change < 100; change += 1) {
      slow.changed()
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(writes).toBe(11)
    read()
    await vi.advanceTimersByTimeAsync(100)
    expect(writes).toBe(12)
  })
})

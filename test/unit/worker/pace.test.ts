import { afterEach, beforeEach, expect, it, vi } from 'vitest'
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

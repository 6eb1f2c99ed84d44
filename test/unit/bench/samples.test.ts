import { expect, test } from 'vitest'
import { Samples } from '../../../bench/samples.ts'

const of = (...times: number[]): Samples => {
  const samples = new Samples()
  for (const time of times) samples.add(time)
  return samples
}

test('the median is the middle one of those in order, or between the two in the middle', () => {
  expect(of(30, 10, 20).median).toBe(20)
  expect(of(40, 10, 30, 20).median).toBe(25)
  expect(of().median).toBeNaN()
})

test('the mean counts each', () => {
  expect(of(0.01, 0.02, 0.06).mean).toBeCloseTo(0.03)
})

test('the text has the median, the least and the most', () => {
  expect(of(120.4, 47.26, 52).text).toBe('52.0 (47.3–120)')
  expect(of(1, 2, 4).textWith(2)).toBe('2.00 (1.00–4.00)')
})

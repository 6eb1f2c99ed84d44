import { expect, test } from 'vitest'
import type { Peer } from '../../../bench/peer.ts'
import { sizesOf, turns } from '../../../bench/plan.ts'

const peer = (name: string, limits?: Peer['limits']): Peer => ({
  name,
  version: '1',
  stays: '',
  cold: { command: [name], says: name },
  notes: {},
  ...(limits && { limits }),
  prepare: () => ({ start: [name], stop: [name] }),
})

const names = (count: number): string =>
  turns([peer('a'), peer('slow', { 1000: 1 }), peer('c')], count, 3)
    .map(({ peer: { name }, round }) => `${name}${round}`)
    .join(' ')

test('all take turns in each round', () => {
  expect(names(10)).toBe('a1 slow1 c1 a2 slow2 c2 a3 slow3 c3')
})

test('who takes long takes part in the first rounds only', () => {
  expect(names(1000)).toBe('a1 slow1 c1 a2 c2 a3 c3')
})

test('sizes are some of those there are, and rounds only ever fewer', () => {
  expect(sizesOf('full', {}).map(([count]) => count)).toEqual([1, 10, 100, 1000])
  expect(sizesOf('quick', { sizes: '1000,10', rounds: '2' })).toEqual([
    [10, 2],
    [1000, 1],
  ])
  expect(() => sizesOf('full', { sizes: '7' })).toThrow(/--sizes/)
  expect(() => sizesOf('full', { rounds: 'many' })).toThrow(/--rounds/)
})

import { expect, test } from 'vitest'
import { megabytesOf } from '../../../bench/memory.ts'

const MB = 1024

test('one process keeps all that is resident of it', () => {
  expect(megabytesOf([{ own: 3 * MB, shared: 2 * MB }])).toBe(5)
})

test('pages that are shared count once, however many processes share them', () => {
  expect(megabytesOf(Array.from({ length: 1000 }, () => ({ own: MB, shared: 2 * MB })))).toBe(1002)
})

test('nobody keeps nothing', () => {
  expect(megabytesOf([])).toBe(0)
})

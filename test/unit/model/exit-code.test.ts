import { describe, expect, it } from 'vitest'
import { EXIT, type ExitCode, LSB, type LsbCode, worst, worstLsb } from '../../../src/model/exit-code.ts'

/** What says most about what to do next comes first. A wrong command line (2) fails as a whole: no command has it beside others. */
const ORDER: readonly ExitCode[] = [70, 130, 124, 75, 4, 5, 6, 2, 1, 0]
const LSB_ORDER: readonly LsbCode[] = [4, 1, 3, 0]

/** Every pair, of the same too, with the one that comes first in front. */
const pairsOf = <T>(order: readonly T[]): [T, T][] =>
  order.flatMap((first, at) => order.slice(at).map((second): [T, T] => [first, second]))

const ascending = (codes: readonly number[]): number[] => codes.toSorted((a, b) => a - b)

describe('the exit code of several outcomes', () => {
  it('has every code in its order', () => {
    expect(ascending(ORDER)).toEqual(ascending(Object.values(EXIT)))
  })

  it.each(pairsOf(ORDER))('%i and %i, in either order: the first', (first, second) => {
    expect([worst([first, second]), worst([second, first])]).toEqual([first, first])
  })

  it('of no outcomes is 0, and of all the worst', () => {
    expect([worst([]), worst(ORDER.toReversed())]).toEqual([0, 70])
  })
})

describe('the exit code of the status of several nodes', () => {
  it('has every code in its order', () => {
    expect(ascending(LSB_ORDER)).toEqual(ascending(Object.values(LSB)))
  })

  it.each(pairsOf(LSB_ORDER))('%i and %i, in either order: the first', (first, second) => {
    expect([worstLsb([first, second]), worstLsb([second, first])]).toEqual([first, first])
  })

  it('of no nodes is 3, and of all 4', () => {
    expect([worstLsb([]), worstLsb(LSB_ORDER.toReversed())]).toEqual([3, 4])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { admitted, openGate, parseShare } from '../../../src/fleet/gate.ts'

const count = fc.nat(1000)
const limit = fc.integer({ min: 1, max: 1000 })

describe('a gate', () => {
  test('lets no more in than its limit, never more than are waiting, and all that fit', () => {
    fc.assert(
      fc.property(limit, fc.boolean(), count, count, (most, haltOnFailure, active, pending) => {
        const let_in = admitted({ limit: most, haltOnFailure }, active, pending, false)
        expect(let_in).toBe(Math.max(0, Math.min(pending, most - active)))
        expect(active > most || active + let_in <= most).toBe(true)
      }),
    )
  })

  test('lets nobody in after a failure, where it halts', () => {
    fc.assert(
      fc.property(limit, count, count, (most, active, pending) => {
        expect(admitted({ limit: most, haltOnFailure: true }, active, pending, true)).toBe(0)
        const goesOn = admitted({ limit: most, haltOnFailure: false }, active, pending, true)
        expect(goesOn).toBe(admitted({ limit: most, haltOnFailure: false }, active, pending, false))
      }),
    )
  })

  test('that is open lets all in at once', () => {
    expect(admitted(openGate, 5, 1000, true)).toBe(1000)
  })
})

describe('a share of the nodes', () => {
  test('a number is that many; a percentage is rounded down, and at least one', () => {
    expect(parseShare('3', 10)).toBe(3)
    expect(parseShare('25%', 10)).toBe(2)
    expect(parseShare('1%', 10)).toBe(1)
    expect(parseShare('100%', 10)).toBe(10)
    expect(parseShare('0%', 10)).toBe(1)
  })

  test.each(['', '0', '-1', '1.5', '50 %', 'x', '%', '1e3', '9999999'])('%j is none', (text) => {
    expect(parseShare(text, 10)).toBeUndefined()
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatRecord, type NodeRecord, parseRecord } from '../../../src/node/record.ts'
import { LAUNCH, RECORD, STOP } from './fixtures.ts'

const FULL: NodeRecord = { ...RECORD, stop: STOP, exits: [{ at: 1, pid: 2, code: 3 }] }
const read = (value: unknown) => parseRecord(JSON.stringify(value), 5)

/** What code relies on without looking again. */
const isSound = ({ generation, wanted, name, pidfile, logfile, fleet, exits, launch, plan }: NodeRecord): boolean =>
  Number.isSafeInteger(generation) &&
  generation >= 0 &&
  ['up', 'down'].includes(wanted) &&
  [name, pidfile, logfile, fleet].every((text) => typeof text === 'string') &&
  Array.isArray(exits) &&
  (launch === undefined || launch.identity.pid > 0) &&
  (plan === undefined || plan.argv.every((word) => typeof word === 'string'))

describe('a record', () => {
  test('comes back as it was written', () => {
    expect(parseRecord(formatRecord(FULL), 5)).toEqual({ is: 'record', record: FULL, uid: 5 })
  })

  test('torn at any byte counts as absent, and is said; nothing is thrown', () => {
    const text = formatRecord(FULL)
    for (let length = 0; length < text.length - 1; length++) {
      const torn = parseRecord(text.slice(0, length), 5)
      expect(torn).toEqual({ is: 'useless', why: length === 0 ? 'the record is empty' : 'the record is torn' })
    }
  })

  test.each([0, 2, 99, '1', null, undefined, { toString: '' }, [{ toString: '' }]])('of format %j is not read', (v) => {
    expect(read({ ...FULL, v }).is).toBe('useless')
  })

  test('of any other shape of JSON is no record', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(read(value).is).toBe('useless')
      }),
    )
  })

  test('with any one field replaced by anything is either refused or holds what code relies on', () => {
    const fields = ['generation', 'name', 'fleet', 'pidfile', 'logfile', 'wanted', 'launch', 'plan', 'stop', 'exits']
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const answer = read({ ...FULL, [field]: value })
        expect(answer.is === 'useless' || (answer.is === 'record' && isSound(answer.record))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([-1, 0, 1.5, '40', null, 2 ** 60])('a launch with pid %s is refused: it would be signalled', (pid) => {
    const launch = { ...LAUNCH, identity: { ...LAUNCH.identity, pid } }
    expect(read({ ...FULL, launch }).is).toBe('useless')
  })

  test.each([-1, 0, 1.5, '40', undefined])(
    'a launch with group %s is refused; null says that it has none of its own',
    (pgid) => {
      expect(read({ ...FULL, launch: { ...LAUNCH, pgid } }).is).toBe('useless')
      expect(read({ ...FULL, launch: { ...LAUNCH, pgid: null } }).is).toBe('record')
    },
  )

  test.each(['NaN', 'null', '"5"', '[]'])('a launch that began at %s is refused', (startedMono) => {
    const text = JSON.stringify({ ...FULL, launch: { ...LAUNCH, startedMono: 'HERE' } }).replace('"HERE"', startedMono)
    expect(parseRecord(text, 5).is).toBe('useless')
  })

  test('deeply nested or huge input is refused without a crash', () => {
    expect(parseRecord('['.repeat(100_000), 5).is).toBe('useless')
    expect(parseRecord(`{"v":1,"__proto__":{"generation":1}}`, 5).is).toBe('useless')
  })
})

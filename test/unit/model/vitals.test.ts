import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseVitals, VITALS_STATES } from '../../../src/model/vitals.ts'

const schema = JSON.parse(readFileSync(new URL('../../../schema/vitals.v1.json', import.meta.url), 'utf8')) as object
const valid = new Ajv2020().compile(schema)

const whole = { v: 1, pid: 12, state: 'ready', active: 2, reserved: 3, done: 4, oldestStartedAt: 5, updatedAt: 6 }

describe('vitals', () => {
  it('are read as they are', () => {
    const also = { scheduled: 1, queues: ['a', 'b'], soft: true, loud: true, heeds: ['quiet'] }
    const said = { ...whole, exit: { code: 0, reason: 'asked to' }, ...also }
    expect(parseVitals(JSON.stringify(said))).toEqual(said)
  })

  it('need only version, pid, state and time', () => {
    expect(parseVitals('{"v":1,"pid":12,"state":"booting","updatedAt":6}')).toEqual({
      v: 1,
      pid: 12,
      state: 'booting',
      active: 0,
      reserved: 0,
      done: 0,
      oldestStartedAt: null,
      updatedAt: 6,
    })
  })

  it.each([
    ['empty', ''],
    ['torn', JSON.stringify(whole).slice(0, -5)],
    ['of another version', JSON.stringify({ ...whole, v: 2 })],
    ['without a pid', JSON.stringify({ ...whole, pid: 0 })],
    ['in no known state', JSON.stringify({ ...whole, state: 'happy' })],
    ['with half a job', JSON.stringify({ ...whole, active: 0.5 })],
    ['with fewer than no jobs', JSON.stringify({ ...whole, done: -1 })],
    ['without a time', JSON.stringify({ ...whole, updatedAt: 'now' })],
    ['an array', '[]'],
    ['null', 'null'],
  ])('%s say nothing', (_, text) => {
    expect(parseVitals(text)).toBeUndefined()
  })

  it('keep only what is known, and little of that', () => {
    const flood = {
      ...whole,
      secret: 'x',
      queues: Array.from({ length: 1000 }, (_, at) => `q${at}`),
      exit: { reason: 'y'.repeat(9999) },
    }
    const read = parseVitals(JSON.stringify(flood))
    expect(read).not.toHaveProperty('secret')
    expect(read?.queues).toHaveLength(100)
    expect(read?.exit?.reason).toHaveLength(400)
  })

  it('never throw, whatever stands in the file', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseVitals(text)
      }),
    )
  })

  it('are read whenever the schema allows them', () => {
    const count = fc.nat({ max: 1000 })
    const time = fc.double({ min: 0, max: 4e12, noNaN: true })
    const said = fc.record(
      {
        v: fc.constant(1),
        pid: fc.integer({ min: 1, max: 4_194_304 }),
        state: fc.constantFrom(...VITALS_STATES),
        updatedAt: time,
        active: count,
        reserved: count,
        done: count,
        scheduled: count,
        oldestStartedAt: fc.option(time),
        exit: fc.record({ code: count, reason: fc.string() }, { requiredKeys: [] }),
        queues: fc.array(fc.string()),
        soft: fc.boolean(),
        loud: fc.boolean(),
        heeds: fc.array(fc.string()),
      },
      { requiredKeys: ['v', 'pid', 'state', 'updatedAt'] },
    )
    fc.assert(
      fc.property(said, (one) => {
        expect(valid(one)).toBe(true)
        expect(parseVitals(JSON.stringify(one))).toBeDefined()
      }),
    )
  })
})

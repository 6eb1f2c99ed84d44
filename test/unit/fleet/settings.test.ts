import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkSettings,
  choiceOf,
  countOf,
  durationOf,
  isSet,
  parseDuration,
  settingText,
} from '../../../src/verbs/read-settings.ts'
import { settings, type VerbName } from '../../../src/verbs/settings.ts'

const given = (...pairs: readonly (readonly [string, string | true])[]) => new Map(pairs)

describe('a duration', () => {
  test.each([
    ['0', 0],
    ['90', 90_000],
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['500ms', 500],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0.25', 250],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms))

  test.each(['', ' ', 's', '-1', '+1', '1 s', '1x', '1S', '1e3', '1.2.3', 'inf', '1m30s', '１'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  test('in every unit is what it says', () => {
    const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
        (count, unit) => {
          expect(parseDuration(`${count}${unit}`)).toBe(count * units[unit])
        },
      ),
    )
  })

  test('that was not given is the default; a wrong one is named with what to write instead', () => {
    expect(durationOf(given(), '--timeout', undefined)).toEqual({ ok: true, value: undefined })
    expect(durationOf(given(['--timeout', '3s']), '--timeout', 1)).toEqual({ ok: true, value: 3000 })
    expect(durationOf(given(['--timeout', 'soon']), '--timeout', 1)).toMatchObject({
      ok: false,
      error: { reason: 'usage', argument: '--timeout', message: '--timeout soon is no duration' },
    })
  })
})

describe('other settings', () => {
  test('a choice: the first word is the default, another than these is refused with all of them', () => {
    expect(choiceOf(given(), '--then', ['leave', 'kill'])).toEqual({ ok: true, value: 'leave' })
    expect(choiceOf(given(['--then', 'kill']), '--then', ['leave', 'kill'])).toEqual({ ok: true, value: 'kill' })
    expect(choiceOf(given(['--then', 'pray']), '--then', ['leave', 'kill'])).toMatchObject({
      ok: false,
      error: { argument: '--then', hint: 'write one of: leave, kill' },
    })
  })

  test('a count is at least one', () => {
    expect(countOf(given(), '--jobs')).toEqual({ ok: true, value: undefined })
    expect(countOf(given(['--jobs', '4']), '--jobs')).toEqual({ ok: true, value: 4 })
    for (const text of ['0', '-1', 'x', '1.5', '']) expect(countOf(given(['--jobs', text]), '--jobs').ok).toBe(false)
  })

  test('a flag has no text', () => {
    expect(isSet(given(['--all', true]), '--all')).toBe(true)
    expect(isSet(given(), '--all')).toBe(false)
    expect(settingText(given(['--rolling', true]), '--rolling')).toBeUndefined()
  })
})

describe('a setting that a verb does not take', () => {
  const verbs: readonly VerbName[] = [
    'start',
    'stop',
    'stopwait',
    'restart',
    'kill',
    'status',
    'show',
    'names',
    'expand',
    'get',
  ]
  const all = settings.flatMap((setting) =>
    verbs.map((verb) => [setting.names[0], verb, setting.verbs.includes(verb)] as const),
  )

  test.each(all)('%s with %s is taken: %s; else it is refused, saying where it belongs', (name, verb, taken) => {
    const wrong = checkSettings(given([name, '1']), verb)
    expect(wrong === undefined).toBe(taken)
    expect(wrong === undefined ? name : wrong.argument).toBe(name)
  })

  test('--timeout with start says what start has instead', () => {
    expect(checkSettings(given(['--timeout', '1']), 'start')?.hint).toContain('--start-timeout')
  })

  test('an option of the worker is none of ours', () => {
    expect(checkSettings(given(['--concurrency', '1']), 'stop')).toBeUndefined()
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseStat, readEnviron, readFacts, readRealUid } from '../../../src/system/proc.ts'
import { snapshot } from '../../../src/system/snapshot.ts'

/** proc(5): pid (name) state ppid pgrp session … and field 22, the start time. */
const stat = (name: string, state = 'S', startTicks = 123_456): string =>
  `42 (${name}) ${state} 7 41 40 0 -1 4194560 ${Array(10).fill(0).join(' ')} 3 0 ${startTicks} 1000 200`

const FACTS = { pid: 42, ppid: 7, pgrp: 41, session: 40, state: 'S', threads: 3, startTicks: 123_456 }

describe('a line of /proc/PID/stat', () => {
  test('is read by its fields', () => {
    expect(parseStat(stat('sleep'))).toEqual(FACTS)
    expect(parseStat(stat('sleep', 'Z'))?.state).toBe('Z')
  })

  test.each(['a b', 'a) S 1 2 3', '((', '))', '', ') Z 0 0 0 0', '42 (x) R', '\n'])(
    'is, whatever the program is called: %j',
    (name) => {
      expect(parseStat(stat(name))).toEqual(FACTS)
    },
  )

  test('is, whatever 15 bytes a program sets as its name with prctl(2)', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), (name) => {
        expect(parseStat(stat(name))).toEqual(FACTS)
      }),
    )
  })

  test('that is cut off or none is refused, never misread', () => {
    const whole = stat('sleep')
    const untilTicks = whole.indexOf(' 123456')
    for (let length = 0; length <= untilTicks; length++) expect(parseStat(whole.slice(0, length))).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => void parseStat(text)))
  })
})

describe('/proc of this machine', () => {
  test('shows us ourselves, with our environment and user', () => {
    const own = readFacts(process.pid)
    expect(own).toMatchObject({ found: 'process', facts: { pid: process.pid, ppid: process.ppid } })
    expect(readRealUid(process.pid)).toBe(process.getuid?.())
    expect(readEnviron(process.pid)?.has('PATH')).toBe(true)
    expect(snapshot().some(({ pid }) => pid === process.pid)).toBe(true)
  })

  test('has nothing to say of a pid that cannot be', () => {
    expect(readFacts(4_194_305)).toEqual({ found: 'nothing' })
    expect(readRealUid(4_194_305)).toBeUndefined()
    expect(readEnviron(4_194_305)).toBeUndefined()
  })
})

import { describe, expect, it, test } from 'vitest'
import { usage } from '../../../src/model/failure.ts'
import { duration } from '../../../src/report/duration.ts'
import { mask, maskArgv } from '../../../src/report/mask.ts'
import { displayWidth, padded, printable, truncated } from '../../../src/report/printable.ts'
import { errorText, usageText } from '../../../src/report/usage.ts'
import { ESC, path } from './fixtures.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

describe('durations', () => {
  test.each([
    [-5, '0.0 s'],
    [0, '0.0 s'],
    [412, '0.4 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [12 * SECOND, '12 s'],
    [60 * SECOND, '60 s'],
    [99_499, '99 s'],
    [99_500, '1m40s'],
    [190 * SECOND, '3m10s'],
    [59 * MINUTE + 59 * SECOND, '59m59s'],
    [HOUR, '1h00m'],
    [2 * HOUR + 5 * MINUTE + 59 * SECOND, '2h05m'],
    [24 * HOUR, '1d00h'],
    [76 * HOUR, '3d04h'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})

describe('passwords in URLs', () => {
  test.each([
    ['redis://:secret@host:6379/0', 'redis://:***@host:6379/0'],
    ['--broker=amqp://me:s3cret@host//', '--broker=amqp://me:***@host//'],
    ['amqp://me:p@ss@host/vhost', 'amqp://me:***@host/vhost'],
    ['amqp://me:pa/ss@host/vhost', 'amqp://me:***@host/vhost'],
    ["redis://:it's@host", 'redis://:***@host'],
    ['redis://:a@h1:1/0;redis://:b@h2', 'redis://:***@h1:1/0;redis://:***@h2'],
    ['postgres://h/db?user=me&password=x&ssl=1', 'postgres://h/db?user=me&password=***&ssl=1'],
    ['redis://host:6379/0', 'redis://host:6379/0'],
    ['http://host:8080/~me@home', 'http://host:8080/~me@home'],
    ['http://[::1]:8080/me@home', 'http://[::1]:8080/me@home'],
    ['https://key@host/1', 'https://key@host/1'],
    ['w1@host -c 4', 'w1@host -c 4'],
    ['redis://:***@host', 'redis://:***@host'],
  ])('%s', (text, masked) => {
    expect(mask(text)).toBe(masked)
  })
  it('leaves the other arguments as they are', () => {
    expect(maskArgv(['celery', '-b', 'redis://:x@h', 'a b'])).toEqual(['celery', '-b', 'redis://:***@h', 'a b'])
  })
})

describe('text on a terminal', () => {
  it('cannot steer it', () => {
    expect(printable(`a${ESC}[2Jb\r\n\u202ec\u0000`)).toBe('ab\\x0d\\nc\\x00')
  })
  it('is measured in columns', () => {
    expect(displayWidth('w1')).toBe(2)
    expect(displayWidth('作業')).toBe(4)
    expect(displayWidth('e\u0301')).toBe(1)
    expect(padded('作業', 6)).toBe('作業  ')
    expect(truncated('作業員', 4)).toBe('作…')
    expect(truncated('abc', 3)).toBe('abc')
    expect(truncated('abcd', 3)).toBe('ab…')
    expect(truncated('abcd', 0)).toBe('')
  })
})

describe('errors of the command as a whole', () => {
  it('says what is wrong, what to type, where to read on', () => {
    const error = usage('-c:w9 names no node', { argument: '-c:w9', hint: 'did you mean w1?\nnodes: w1, w2' })
    expect(usageText(error)).toBe('multi: -c:w9 names no node\n  did you mean w1?\n  nodes: w1, w2\ntry multi help\n')
    expect(errorText(usage('no nodes'))).toBe('multi: no nodes\ntry multi help\n')
  })
  it('words other failures in one line, with their log', () => {
    expect(errorText({ reason: 'died', exit: { code: 1 }, logTail: ['boom'], logfile: path('/l') })).toBe(
      'multi: exited with code 1 before it was ready; see /l\n  | boom\n',
    )
  })
})

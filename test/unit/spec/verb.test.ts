import { describe, expect, test } from 'vitest'
import { findVerb } from '../../../src/spec/index.ts'
import { grammar, words } from './line.ts'

const found = (line: string | string[]) => {
  const { verb, rest } = findVerb(words(line), grammar)
  return [verb, rest.join(' ')]
}

describe('the verb is the first bare word', () => {
  test.each([
    ['start w1', 'start', 'w1'],
    ['--verbose start w1', 'start', 'w1 --verbose'],
    ['-A app start w1 -c 3', 'start', 'w1 -c 3 -A app'],
    ['-Aapp start w1', 'start', 'w1 -Aapp'],
    ['--app app --json start w1', 'start', 'w1 --app app --json'],
    ['-E start w1', 'start', 'w1 -E'],
    ['--unknown start w1', 'start', 'w1 --unknown'],
    ['-x 1 start w1', 'start', 'w1 -x 1'],
    ['-q start w1 -- x -y', 'start', 'w1 -q -- x -y'],
    ['-9 stop w1', 'stop', 'w1 -9'],
    ['-TERM stop w1', 'stop', 'w1 -TERM'],
  ])('%s', (line, verb, rest) => expect(found(line)).toEqual([verb, rest]))
})

describe('the word multi before it', () => {
  test('is ignored', () => expect(found('-A app multi start w1')).toEqual(['start', 'w1 -A app']))
  test('is ignored once', () => expect(found('multi multi w1')).toEqual(['multi', 'w1']))
  test('is a node behind the verb', () => expect(found('start multi')).toEqual(['start', 'multi']))
  test('is a value behind an option', () => expect(found('-A multi start w1')).toEqual(['start', 'w1 -A multi']))
})

describe('no verb', () => {
  test('nothing at all', () => expect(findVerb([], grammar)).toEqual({ rest: [] }))
  test('options only', () => expect(found('--version')).toEqual([undefined, '--version']))
  test('behind -- there is none', () => expect(found('-q -- start')).toEqual([undefined, '-q -- start']))
})

test('empty arguments before the verb are dropped, those behind it are the parser’s', () => {
  expect(findVerb(['', '-A', '', 'app', 'expand', '', 'w1'], grammar)).toEqual({
    verb: 'expand',
    rest: ['', 'w1', '-A', 'app'],
  })
})

import { describe, expect, test } from 'vitest'
import { shellJoin, shellQuote, splitWords } from '../../../src/spec/index.ts'

describe('splitWords, as sh does', () => {
  test.each([
    ['', []],
    ['  a\tb\n c ', ['a', 'b', 'c']],
    ["'a b'c", ['a bc']],
    ["''", ['']],
    ['"" a', ['', 'a']],
    ['a\\ b', ['a b']],
    ['a\\\nb', ['ab']],
    ['\\\n', []],
    ["'a\\b'", ['a\\b']],
    ['"a\\b \\" \\\\ \\$ \\` \\\n."', ['a\\b " \\ $ ` .']],
    ['$HOME * ; # ~ `x`', ['$HOME', '*', ';', '#', '~', '`x`']],
    ["it\\'s", ["it's"]],
  ])('%j', (text, words) => expect(splitWords(text)).toEqual({ ok: true, value: words }))
  test.each([
    ["a 'b", "an unbalanced '"],
    ['a "b\\"', 'an unbalanced "'],
    ['a\\', 'a \\ at the end'],
  ])('%j is refused', (text, error) => expect(splitWords(text)).toEqual({ ok: false, error }))
})

describe('shellQuote', () => {
  test.each([
    ['--pidfile=/run/%n.pid', '--pidfile=/run/%n.pid'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['~', "'~'"],
  ])('%s', (word, quoted) => expect(shellQuote(word)).toBe(quoted))
})

describe('shellJoin: the first word is a program', () => {
  test.each([
    [['celery', '-A', 'x=y'], 'celery -A x=y'],
    [['A=b', 'if'], "'A=b' if"],
    [['if'], "'if'"],
    [['/opt/a=b/x'], '/opt/a=b/x'],
    [[], ''],
  ])('%j', (words, line) => expect(shellJoin(words)).toBe(line))
})

import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shellJoin } from '../../src/spec/index.ts'

/** What /bin/sh makes of a pasted command line: the words behind `printf`, each ended by a NUL. */
function pasted(words: readonly string[]): readonly string[] {
  const line = shellJoin(['printf', '%s\\0', ...words])
  return execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1)
}

test('a command line that is shown can be pasted into sh', () => {
  const nasty = fc.string({ unit: fc.constantFrom(...Array.from('ab \t\n\'"\\$`*?[]{}~#&;|<>()!=%^-,:@é💥')) })
  const word = fc.oneof(nasty, fc.string({ unit: 'grapheme' })).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      expect(pasted(words)).toEqual(words)
    }),
    { numRuns: 300 },
  )
})

test.each(['if', 'A=b', 'do', 'a b'])('a program called %s is run as one', (program) => {
  const line = shellJoin([program, 'x'])
  const script = `${line} 2>&1 || :`
  expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toContain('not found')
})

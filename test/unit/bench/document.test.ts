import { expect, test } from 'vitest'
import { marked, rewritten, written } from '../../../bench/document.ts'

const before = `# A\n\n${marked('old\nlines')}\n\nafter`

test('what is between the marks is replaced, and nothing else', () => {
  expect(rewritten(before, 'new')).toBe(`# A\n\n${marked('new')}\n\nafter`)
  expect(written(rewritten(before, 'new'))).toBe('\nnew\n')
})

test('writing the same again changes nothing', () => {
  expect(rewritten(before, 'old\nlines')).toBe(before)
})

test('a document without marks is an error, not a place for results', () => {
  expect(() => rewritten('# A', 'new')).toThrow(/no place/)
})

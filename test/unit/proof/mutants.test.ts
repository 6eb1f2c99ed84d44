import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MUTANTS } from '../../proof/mutants.ts'

test.for(MUTANTS)('the deliberate bug "$name" can be put into the code as it is', ({ edits }) => {
  for (const { file, search, replace } of edits) {
    expect(readFileSync(file, 'utf8').split(search)).toHaveLength(2)
    expect(replace).not.toBe(search)
  }
})

import { grammarFor } from '../../../src/kinds/index.ts'
import { type Facts, parseLine } from '../../../src/spec/index.ts'
import { settings } from '../../../src/verbs/settings.ts'
import type { Verb } from '../../../src/verbs/verb.ts'

type Parsed = ReturnType<typeof parseLine>

/** A command line, read as src/cli reads it. */
export interface Line {
  readonly argv: readonly string[]
  readonly parse: (verb: Verb, facts: Facts, words: readonly string[]) => Parsed
}

const lines = new Map<string, Line>()

/** Reading is pure, and schedules give the same few lines again and again: each is read once. */
export function readOnce(text: string): Line {
  const known = lines.get(text)
  if (known !== undefined) return known
  const line = lineFrom(text)
  lines.set(text, line)
  return line
}

function lineFrom(text: string): Line {
  const argv = frozen(text.split(' ').filter((word) => word !== ''))
  const grammar = grammarFor(argv, settings)
  const results = new Map<string, Parsed>()
  return {
    argv,
    parse(verb, facts, words) {
      const key = [facts.hostname, facts.cwd, facts.fleet, facts.runDirectory, facts.logDirectory, ...words].join('\n')
      const known = results.get(key)
      if (known !== undefined) return known
      const result = frozen(
        parseLine(words, grammar, facts, {
          takesSignal: verb.takesSignal ?? false,
          allowNoNodes: verb.nodesOptional ?? false,
          handsNothingOn: verb.handsNothingOn ?? false,
        }),
      )
      results.set(key, result)
      return result
    },
  }
}

/** Whoever changed what it got would change it for all who come after. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const each of Object.values(value)) frozen(each)
  return Object.freeze(value)
}

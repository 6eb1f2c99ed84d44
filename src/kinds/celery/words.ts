import { ruleOf } from '../args.ts'
import { celeryOptions } from './options.ts'

/** Where the value of an option stands in a command line: behind `from` characters of the word at `at`. */
export interface Place {
  readonly names: readonly string[]
  readonly at: number
  readonly from: number
}

const takesValue = (name: string): readonly string[] | undefined => {
  const rule = ruleOf(celeryOptions, name)
  return rule?.arity === 'value' ? rule.names : undefined
}

function inLong(word: string, at: number): Place | undefined {
  const equals = word.indexOf('=')
  const names = takesValue(equals < 0 ? word : word.slice(0, equals))
  if (names === undefined) return undefined
  return equals < 0 ? { names, at: at + 1, from: 0 } : { names, at, from: equals + 1 }
}

/** `-I x`, `-Ix`, and behind flags: `-EI x`. */
function inShort(word: string, at: number): Place | undefined {
  for (let from = 1; from < word.length; from += 1) {
    const names = takesValue(`-${word[from] ?? ''}`)
    if (names !== undefined)
      return from + 1 < word.length ? { names, at, from: from + 1 } : { names, at: at + 1, from: 0 }
  }
  return undefined
}

/** Every option with a value on a worker's command line, read as Celery reads it: up to `--`. */
function* placesIn(words: readonly string[]): Generator<Place> {
  for (let at = 0; at < words.length && words[at] !== '--'; at += 1) {
    const word = words[at] ?? ''
    const place = word.startsWith('--') ? inLong(word, at) : word.startsWith('-') ? inShort(word, at) : undefined
    if (place === undefined || place.at >= words.length) continue
    yield place
    at = place.at
  }
}

/** The one that counts: Celery takes the last. */
export const lastPlace = (words: readonly string[], name: string): Place | undefined =>
  [...placesIn(words)].findLast(({ names }) => names.includes(name))

export const valueAt = (words: readonly string[], { at, from }: Place): string => (words[at] ?? '').slice(from)

export const listAt = (words: readonly string[], place: Place | undefined): readonly string[] =>
  place === undefined
    ? []
    : valueAt(words, place)
        .split(',')
        .filter((part) => part !== '')

import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { ParsedLine } from '../spec/line.ts'
import { settings, type VerbName } from './settings.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90`, `90s`, `1.5m`, `.5`, `500ms`, `2h` → ms; a bare number is seconds. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9}(?:\.\d{0,6})?|\.\d{1,6})(ms|s|m|h|d)?$/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * (UNITS[unit] ?? 1000)
}

type Given = ParsedLine['settings']

/** A setting that this verb does not take is refused rather than ignored. */
export function checkSettings(given: Given, verb: VerbName): UsageError | undefined {
  for (const name of given.keys()) {
    const setting = settings.find(({ names }) => names.includes(name))
    if (setting && !setting.verbs.includes(verb)) {
      const similar = name === '--timeout' && verb === 'start' ? '; for start there is --start-timeout' : ''
      return usage(`${verb} does not take ${name}`, {
        argument: name,
        hint: `it belongs to ${setting.verbs.join(', ')}${similar}; options for the worker may stand behind --`,
      })
    }
  }
  return undefined
}

const text = (given: Given, name: string): string | undefined => {
  const value = given.get(name)
  return typeof value === 'string' ? value : undefined
}

export const isSet = (given: Given, name: string): boolean => given.has(name)
export { text as settingText }

/** A duration in ms, or the default when it is not given. */
export function durationOf<Default extends number | undefined>(
  given: Given,
  name: string,
  otherwise: Default,
): Result<number | Default, UsageError> {
  const typed = text(given, name)
  if (typed === undefined) return ok(otherwise)
  const ms = parseDuration(typed)
  return ms === undefined
    ? err(usage(`${name} ${typed} is no duration`, { argument: name, hint: 'write seconds, or 500ms, 30s, 10m, 2h' }))
    : ok(ms)
}

/** One of a few words, the first being the default. */
export function choiceOf<Word extends string>(
  given: Given,
  name: string,
  words: readonly [Word, ...Word[]],
): Result<Word, UsageError> {
  const typed = text(given, name)
  const word = typed === undefined ? words[0] : words.find((one) => one === typed)
  return word === undefined
    ? err(usage(`${name} ${typed} is not known`, { argument: name, hint: `write one of: ${words.join(', ')}` }))
    : ok(word)
}

export function countOf(given: Given, name: string): Result<number | undefined, UsageError> {
  const typed = text(given, name)
  if (typed === undefined) return ok(undefined)
  const count = /^\d{1,6}$/.test(typed) ? Number(typed) : 0
  return count > 0
    ? ok(count)
    : err(usage(`${name} ${typed} is no number of nodes`, { argument: name, hint: `write ${name} 2` }))
}

import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'

/** What `%x` stands for, letter by letter. */
export type Letters = Readonly<Record<string, string>>

export interface NameParts {
  /** `name@host` */
  readonly name: string
  readonly short: string
  readonly host: string
}

const PAIR = /%(.)/gsu
/** `%` before anything else is a percent sign, as in Celery. Asked only of what is not known: making it takes a millisecond. */
const LETTER = /[_\p{L}\p{N}]/u

/** Replaces each `%x`; `argument` is what was typed, for the message. */
export function expandLetters(template: string, letters: Letters, argument: string): Result<string, UsageError> {
  return template.includes('%') ? expandPairs(template, letters, argument) : ok(template)
}

function expandPairs(template: string, letters: Letters, argument: string): Result<string, UsageError> {
  let unknown: string | undefined
  const text = template.replace(PAIR, (pair, letter: string) => {
    if (letter === '%') return '%'
    const value = Object.hasOwn(letters, letter) ? letters[letter] : undefined
    if (value === undefined && LETTER.test(letter)) unknown ??= pair
    return value ?? pair
  })
  if (unknown === undefined) return ok(text)
  const hint = `known are ${[...Object.keys(letters), '%'].map((letter) => `%${letter}`).join(' ')}; a percent sign is %%`
  const where = argument.endsWith(template) ? '' : ` in ${JSON.stringify(template)}`
  return err(usage(`${argument}: ${unknown} is unknown${where}`, { argument, hint }))
}

const nodeLetters = ({ name, short, host }: NameParts, i: string, I: string): Letters => ({
  n: short,
  N: short,
  h: name,
  p: name,
  d: host,
  i,
  I,
})

/** For a pool worker to fill in: `%i` and `%I` stay. */
export const workerLetters = (parts: NameParts): Letters => nodeLetters(parts, '%i', '%I')

/** As the worker's main process fills them in: its pool index is `0`, and no `-index`. */
export const mainLetters = (parts: NameParts): Letters => nodeLetters(parts, '0', '')

/** Inside a node's name `%h`, `%n`, `%d` are this machine's: host name, what is before its first dot, what is after. */
export function machineLetters(hostname: string): Letters {
  const dot = hostname.indexOf('.')
  const [name, domain] = dot < 0 ? [hostname, ''] : [hostname.slice(0, dot), hostname.slice(dot + 1)]
  return { h: hostname, n: name, d: domain, i: '0', I: '' }
}

/** For the verb `expand`: the template for one node. `%i` and `%I` are left for the worker. */
export const expandTemplate = (template: string, parts: NameParts): Result<string, UsageError> =>
  expandLetters(template, workerLetters(parts), template)

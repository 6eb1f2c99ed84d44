import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import { collect } from './collect.ts'
import { expandLetters, type Letters, machineLetters } from './expand.ts'
import type { Facts } from './grammar.ts'
import { MANAGER } from './manager.ts'
import type { GivenOption } from './option.ts'

/** A node by its names. */
export interface Named {
  /** The word on the command line; of a range its number. */
  readonly typed: string
  /** What selectors call it: the word without prefix. */
  readonly base: string
  readonly short: string
  readonly host: string
  /** `short@host` */
  readonly name: string
}

/** More than this is a typing error, not a fleet. */
const MOST = 10_000

/** `""` and `''`, typed in an environment file where no shell removes them. */
const unquoted = (value: string): string => (value === '""' || value === "''" ? '' : value)

interface Naming {
  readonly prefix: string
  readonly rangePrefix: string
  readonly host: string
}

function naming(options: readonly GivenOption[], hostname: string): Result<Naming, UsageError> {
  const last = (rule: { readonly names: readonly [string, ...string[]] }): GivenOption | undefined =>
    options.findLast((option) => option.key === rule.names[0])
  const host = last(MANAGER.hostname)
  const suffix = last(MANAGER.suffix)
  for (const option of [host, suffix]) {
    if (option?.value?.includes('@')) return err(notAHost(option))
  }
  return ok({
    prefix: unquoted(last(MANAGER.prefix)?.value ?? ''),
    rangePrefix: unquoted(last(MANAGER.rangePrefix)?.value || 'celery'),
    host: unquoted(suffix?.value || host?.value || hostname),
  })
}

function notAHost({ typed, name, value = '' }: GivenOption): UsageError {
  const argument = typed.includes('=') ? typed : `${typed} ${value}`
  return usage(`${argument}: ${name} is what stands behind the @ of every node`, {
    argument,
    hint: `write the node itself as ${value}, or ${name.startsWith('--') ? `${name}=` : `${name} `}${value.replace(/^.*@/s, '')}`,
  })
}

/** The words of the command line as nodes: one number alone is a range. */
export function nameNodes(
  words: readonly string[],
  options: readonly GivenOption[],
  facts: Facts,
): Result<readonly Named[], UsageError> {
  const how = naming(options, facts.hostname)
  if (!how.ok) return how
  const { prefix, rangePrefix, host } = how.value
  const letters = machineLetters(facts.hostname)
  const [only = ''] = words
  if (words.length !== 1 || !/^\d+$/.test(only)) {
    return collect(words.map((word) => nameNode(word, word.includes('@') ? word : `${prefix}${word}@${host}`, letters)))
  }
  const count = Number(only)
  if (count < 1 || count > MOST) {
    const hint = `one number alone is how many nodes: 1 to ${MOST}`
    return err(usage(`${only} nodes cannot be meant`, { argument: only, hint }))
  }
  const numbers = Array.from({ length: count }, (_, at) => String(at + 1))
  return collect(numbers.map((number) => nameNode(number, `${rangePrefix}${number}@${host}`, letters)))
}

function nameNode(typed: string, template: string, letters: Letters): Result<Named, UsageError> {
  const expanded = expandLetters(template, letters, typed)
  if (!expanded.ok) return expanded
  const name = expanded.value
  const at = name.indexOf('@')
  const [short, host] = [name.slice(0, at), name.slice(at + 1)]
  const problem = wrongName(name, short, host)
  if (problem === undefined) return ok({ typed, base: typed.includes('@') ? short : typed, short, host, name })
  const shown = name === typed ? typed : `${typed} (${name})`
  const hint = MANY.test(name)
    ? `write each node as a word of its own${name.includes(' ') ? ' (in a systemd unit $NODES, not ${NODES})' : ''}; where none is named, the whole fleet is meant`
    : 'names are used in file names and on command lines: letters, digits, - _ .'
  return err(usage(`${JSON.stringify(shown).slice(1, -1)}: a node name ${problem}`, { argument: typed, hint }))
}

/** Meant for several nodes. Neither a selector nor `celery -d` could name one with a comma in it. */
const MANY = /[,*? ]/

function wrongName(name: string, short: string, host: string): string | undefined {
  if (short === '') return 'cannot be empty before the @'
  if (host.includes('@')) return 'can have only one @'
  if (name.includes('/')) return 'cannot contain /'
  if (name.includes('..')) return 'cannot contain ..'
  const many = MANY.exec(name)
  if (many) return `cannot contain ${many[0] === ' ' ? 'a blank' : many[0]}`
  // Nearly all are ASCII, and a class of Unicode takes time to compile.
  return !/^[!-~]*$/.test(name) && /\p{Cc}/u.test(name) ? 'cannot contain control characters' : undefined
}

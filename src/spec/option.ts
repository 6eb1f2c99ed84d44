import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { OptionRule } from './grammar.ts'
import type { Lookup } from './lookup.ts'
import { signalOf } from './signal.ts'

/** One option of the command line. */
export interface GivenOption {
  /** The argument as typed. */
  readonly typed: string
  /** The spelling used, with its dashes. */
  readonly name: string
  /** Which option it is, whatever the spelling: the canonical name of a known one. */
  readonly key: string
  readonly rule?: OptionRule
  readonly selector?: string
  readonly value?: string
  /** The value was the next argument, and only a guess: the option is not known. */
  readonly guessed?: true
}

interface Read {
  readonly options: readonly GivenOption[]
  /** How many arguments it took. */
  readonly used: 1 | 2
}

interface Parts {
  readonly name: string
  readonly selector?: string
  readonly value?: string
}

/** `--opt:SEL=value` → its parts. A `:` behind the `=` is part of the value. */
function dissect(argument: string): Parts {
  const [, head = '', value] = /^([^=]*)(?:=([^]*))?$/.exec(argument) ?? []
  const [, name = head, selector] = /^([^:]*)(?::([^]*))?$/.exec(head) ?? []
  return { name, ...(selector !== undefined && { selector }), ...(value !== undefined && { value }) }
}

const given = (typed: string, parts: Parts, rule?: OptionRule): GivenOption => ({
  typed,
  ...parts,
  key: rule?.names[0] ?? parts.name,
  ...(rule && { rule }),
})

const one = (option: GivenOption, used: 1 | 2 = 1): Result<Read, UsageError> => ok({ options: [option], used })

const wrong = (argument: string, problem: string, hint: string): Result<never, UsageError> =>
  err(usage(`${argument} ${problem}`, { argument, hint }))

export const bareWord = (argument: string | undefined): argument is string =>
  argument !== undefined && !argument.startsWith('-')

/** The option at the head of `[argument, next]`. */
export function readOption(argument: string, next: string | undefined, lookup: Lookup): Result<Read, UsageError> {
  if (argument === '-') return wrong('-', 'is neither an option nor a node', 'leave it out')
  const parts = dissect(argument)
  if (parts.name === '' || parts.name === '--' || parts.name === '-') {
    return wrong(argument, 'is not an option', 'write --option=value')
  }
  if (parts.selector === '') return wrong(argument, 'selects no node', `write ${parts.name}:1 or ${parts.name}:NAME`)
  return argument.startsWith('--') ? readLong(argument, parts, next, lookup) : readShort(argument, parts, next, lookup)
}

function readLong(typed: string, parts: Parts, next: string | undefined, lookup: Lookup): Result<Read, UsageError> {
  const rule = lookup.get(parts.name)
  if (rule?.arity === 'flag' && parts.value !== undefined) return wrong(typed, 'takes no value', `write ${parts.name}`)
  if (rule?.arity === 'optional' && rule.setting && parts.value === undefined && /^\d+%?$/.test(next ?? '')) {
    return wrong(typed, `takes ${next} only behind a =`, `write ${typed}=${next}, or the nodes before the options`)
  }
  if (rule?.arity !== 'value' || parts.value !== undefined) return one(given(typed, parts, rule))
  if (!bareWord(next)) return wrong(typed, 'needs a value', `write ${typed}=VALUE`)
  return one(given(typed, { ...parts, value: next }, rule), 2)
}

function readShort(typed: string, parts: Parts, next: string | undefined, lookup: Lookup): Result<Read, UsageError> {
  const rule = lookup.get(parts.name)
  if (rule === undefined)
    return readAttached(typed, lookup) ?? readCluster(typed, parts, lookup) ?? guess(typed, parts, next)
  const { value, ...bare } = parts
  const form = typed.split('=', 1)[0] ?? typed
  if (value !== undefined) {
    return wrong(
      typed,
      'is not how a short option takes a value',
      `write ${form}${rule.arity === 'flag' ? '' : ` ${value || 'VALUE'}`}`,
    )
  }
  if (rule.arity !== 'value') return one(given(typed, bare, rule))
  if (!bareWord(next)) return wrong(typed, 'needs a value', `write ${typed} VALUE`)
  return one(given(typed, { ...bare, value: next }, rule), 2)
}

/** `-c10`, `-Ofair`: a letter known to take a value, and the value. Everything behind the letter is value. */
function readAttached(typed: string, lookup: Lookup): Result<Read, UsageError> | undefined {
  const [name, value] = [typed.slice(0, 2), typed.slice(2)]
  const rule = lookup.get(name)
  if (rule === undefined || rule.arity === 'flag') return undefined
  return one(given(typed, { name, value }, rule))
}

/** `-BE`: several known flags in one argument. */
function readCluster(typed: string, parts: Parts, lookup: Lookup): Result<Read, UsageError> | undefined {
  if (parts.value !== undefined) return undefined
  const names = Array.from(parts.name.slice(1), (letter) => `-${letter}`)
  const rules = names.map((name) => lookup.get(name))
  if (!rules.every((rule) => rule?.arity === 'flag')) return undefined
  return ok({ options: names.map((name, at) => given(typed, { ...parts, name }, rules[at])), used: 1 })
}

/** An unknown short option takes the next word, as in Celery; but nothing that reads as a number, a signal or has a value already does. */
function guess(typed: string, parts: Parts, next: string | undefined): Result<Read, UsageError> {
  const { value, ...bare } = parts
  if (value !== undefined) return one(given(typed, { ...bare, name: `${parts.name}=${value}` }))
  if (!bareWord(next) || /^-\d+$/.test(parts.name) || signalOf(typed) !== undefined) return one(given(typed, bare))
  return one({ ...given(typed, { ...bare, value: next }), guessed: true }, 2)
}

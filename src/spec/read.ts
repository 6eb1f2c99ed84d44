import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Signal } from '../model/signals.ts'
import type { Lookup } from './lookup.ts'
import { isOwn, NAMING } from './manager.ts'
import { nearest } from './nearest.ts'
import { bareWord, type GivenOption, readOption } from './option.ts'
import { notASignal, signalElsewhere, signalOf } from './signal.ts'

/** The arguments of a command line by what they are, before anything is known of nodes. */
export interface Read {
  /** The template of `expand`, the name of `get`. */
  readonly positional?: string
  readonly words: readonly string[]
  readonly options: readonly GivenOption[]
  readonly settings: ReadonlyMap<string, string | true>
  readonly signal?: Signal
  readonly passthrough: readonly string[]
  /** There was an argument without a character in it, such as a variable leaves that is not set. */
  readonly hasEmpty: boolean
}

export interface ReadOptions {
  readonly takesSignal: boolean
  readonly positional?: 'template' | 'name'
  readonly handsNothingOn?: boolean
}

type Draft = { -readonly [Key in 'signal' | 'positional']?: Exclude<Read[Key], undefined> } & {
  words: string[]
  options: GivenOption[]
  settings: Map<string, string | true>
}

export function readLine(rest: readonly string[], lookup: Lookup, how: ReadOptions): Result<Read, UsageError> {
  if (how.positional !== undefined && rest[0] === '') return err(missing(how.positional, 'is empty'))
  const end = rest.indexOf('--')
  const typed = end < 0 ? rest : rest.slice(0, end)
  const empty = emptyValue(typed, lookup)
  if (empty !== undefined) return err(empty)
  const args = typed.filter((argument) => argument !== '')
  const draft: Draft = { words: [], options: [], settings: new Map() }
  for (let at = 0; at < args.length; ) {
    const used = readArgument(draft, args[at] ?? '', args[at + 1], lookup, how)
    if (typeof used !== 'number') return err(used)
    at += used
  }
  if (how.positional !== undefined && draft.positional === undefined) return err(missing(how.positional, 'is missing'))
  return ok({ ...draft, passthrough: end < 0 ? [] : rest.slice(end + 1), hasEmpty: args.length < typed.length })
}

/**
 * Empty arguments are left out, as in Celery. But then `--fleet "$FLEET" w1` would mean the fleet w1: what multi itself uses
 * gets the value that stands behind it.
 */
function emptyValue(args: readonly string[], lookup: Lookup): UsageError | undefined {
  const typed = args.find((argument, at) => {
    const rule = args[at + 1] === '' ? lookup.get(argument) : undefined
    return rule?.arity === 'value' && isOwn(rule)
  })
  return typed === undefined
    ? undefined
    : usage(`${typed} needs a value, and the argument behind it is empty`, {
        argument: typed,
        hint: `write ${typed} VALUE`,
      })
}

const missing = (positional: 'template' | 'name', problem: string): UsageError =>
  positional === 'template'
    ? usage(`the template ${problem}`, { hint: "write it before the nodes: expand '%n.pid' w1 w2" })
    : usage(`the node to look for ${problem}`, { hint: 'write its full name before the nodes: get w1@host w1 w2' })

/** Adds what stands at the head of `[argument, next]` to the draft. Returns how many arguments that was. */
function readArgument(
  draft: Draft,
  argument: string,
  next: string | undefined,
  lookup: Lookup,
  how: ReadOptions,
): 1 | 2 | UsageError {
  if (bareWord(argument)) {
    if (how.positional !== undefined && draft.positional === undefined) draft.positional = argument
    else draft.words.push(argument)
    return 1
  }
  if (how.takesSignal) {
    const signal = signalOf(argument)
    if (signal !== undefined) draft.signal = signal
    if (signal !== undefined) return 1
    const bad = notASignal(argument, lookup) ?? (how.handsNothingOn ? signalElsewhere(argument, next) : undefined)
    if (bad !== undefined) return bad
  }
  const option = readOption(argument, next, lookup)
  if (!option.ok) return option.error
  for (const given of option.value.options) {
    const problem = swallows(draft, given, how) ?? add(draft, given, next, lookup)
    if (problem !== undefined) return problem
  }
  return option.value.used
}

function add(draft: Draft, given: GivenOption, next: string | undefined, lookup: Lookup): UsageError | undefined {
  const { typed, selector, rule, name, value } = given
  if (selector !== undefined && (rule?.setting === true || NAMING.has(given.key))) return forAllNodes(given)
  if (rule?.setting === true) {
    const before = draft.settings.get(given.key)
    const joins = rule.repeat === 'join' && typeof before === 'string' && value !== undefined
    draft.settings.set(given.key, joins ? `${before},${value}` : (value ?? true))
    return undefined
  }
  const long = rule === undefined && name.startsWith('--') && value === undefined
  if (long && draft.words.length > 0 && bareWord(next)) return notAValue(typed, name, next, lookup)
  draft.options.push(given)
  return undefined
}

/** Where no worker gets an option, one that nobody knows can do nothing but hide the node behind it. */
function swallows({ words }: Draft, { guessed, typed, value }: GivenOption, how: ReadOptions): UsageError | undefined {
  if (!guessed || !how.handsNothingOn || words.length > 0) return undefined
  const hint = `if ${value} is a node, write it before the options`
  return usage(`${typed} is not known and takes ${value} as its value`, { argument: typed, hint })
}

function forAllNodes({ typed, name, key }: GivenOption): UsageError {
  const hint = key === '--hostname' ? 'write the node as name@host' : `write ${name} without a selector`
  return usage(`${typed}: ${name} is for the whole command, not for one node`, { argument: typed, hint })
}

/** A second node that stands behind an unknown long option was in Celery what `--loglevel INFO` became. */
function notAValue(typed: string, name: string, next: string, lookup: Lookup): UsageError {
  const meant = nearest(name, lookup.keys())
  const guess = meant === undefined ? '' : `did you mean ${meant}? Otherwise `
  const hint = `${guess}write ${typed}=${next}, or, if ${next} is a node, write it before the options`
  return usage(`${typed} is not known, so ${next} behind it could be its value or a node`, { argument: typed, hint })
}

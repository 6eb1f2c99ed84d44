import { type UsageError, usage } from '../model/failure.ts'
import { parseSignal, type Signal } from '../model/signals.ts'
import type { Lookup } from './lookup.ts'
import { nearest } from './nearest.ts'

/** Capitals only: `-io` is more likely an option than a signal. */
const SHAPE = /^-(?:[A-Z][A-Z0-9]+|\d+)$/

/** `-9`, `-INT`, `-SIGINT` */
export const signalOf = (argument: string): Signal | undefined =>
  SHAPE.test(argument) ? parseSignal(argument.slice(1)) : undefined

/** `-s INT` of kill(1), `--signal=INT`, `-int`: left out, TERM or KILL would be sent in its place. */
export function signalElsewhere(argument: string, next: string | undefined): UsageError | undefined {
  const [, attached] = /^--signal=(.*)$/s.exec(argument) ?? []
  const isNamed = argument === '--signal' || attached !== undefined
  const signal = parseSignal(attached ?? (isNamed || argument === '-s' ? (next ?? '') : argument.slice(1)))
  if (!isNamed && signal === undefined) return undefined
  return usage(`${argument} is not how a signal is given`, { argument, hint: `write -${signal ?? 'INT'}` })
}

const SIGNALS = ['HUP', 'INT', 'QUIT', 'KILL', 'USR1', 'USR2', 'ALRM', 'TERM', 'CONT', 'STOP', 'TSTP', 'WINCH']

/** A verb that takes a signal got something that looks like one and is none: sent as TERM it would surprise. */
export function notASignal(argument: string, lookup: Lookup): UsageError | undefined {
  if (!SHAPE.test(argument) || signalOf(argument) !== undefined) return undefined
  const name = argument.slice(1)
  const bare = name.replace(/^SIG(?=.)/, '')
  const meant = nearest(bare, SIGNALS)
  const numeric = /^\d+$/.test(name)
  const attached = lookup.has(argument.slice(0, 2))
  if (!numeric && bare === name && attached) return undefined
  const hint = meant === undefined ? 'such as -9, -INT or -SIGINT' : `did you mean -${meant}?`
  return usage(`${argument} is not a signal`, { argument, hint })
}

import { HIGHEST_ID } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import { LEVELS, type Level } from './log.ts'

/** Celery's names, and those of most JavaScript loggers. */
const SPELLED: Readonly<Record<string, Level>> = { warning: 'warn', critical: 'error', fatal: 'error' }

export function readLevel(typed: string): Result<Level, string> {
  const word = typed.toLowerCase()
  const level = SPELLED[word] ?? LEVELS.find((known) => known === word)
  return level === undefined ? err(`${typed} is no log level: debug, info, warning or error`) : ok(level)
}

/** Children of a pool: between these. */
export interface Scale {
  readonly max: number
  readonly min: number
}

/** 1 or more. */
const number = (typed: string): number | undefined => (/^[1-9]\d{0,8}$/.test(typed) ? Number(typed) : undefined)

export function readNumber(typed: string | undefined, what: string): Result<number | undefined, string> {
  const value = typed === undefined ? undefined : number(typed)
  return typed !== undefined && value === undefined ? err(`${typed} is no ${what}: 1 or more`) : ok(value)
}

export function readUmask(typed: string | undefined): Result<number | undefined, string> {
  if (typed === undefined || /^[0-7]{1,4}$/.test(typed))
    return ok(typed === undefined ? undefined : Number.parseInt(typed, 8))
  return err(`${typed} is not a umask: write it in octal`)
}

/** `max,min` as in Celery; `max` alone: from one. */
export function readAutoscale(typed: string | undefined): Result<Scale | undefined, string> {
  if (typed === undefined) return ok(undefined)
  const [max = '', min = '1', ...more] = typed.split(',')
  const scale = { max: number(max) ?? 0, min: number(min) ?? 0 }
  const fits = more.length === 0 && scale.min >= 1 && scale.max >= scale.min
  return fits ? ok(scale) : err(`${typed} is no --autoscale: MAX,MIN with MAX not below MIN, and MIN 1 or more`)
}

/** A name, or a number that is not (uid_t)-1 or above: with that, setuid(2) and its like change nothing, and root stays root. */
export const isPossibleId = (typed: string): boolean => !/^\d+$/.test(typed) || Number(typed) <= HIGHEST_ID

import { ruleOf } from '../args.ts'
import { globalOptions } from './options.ts'

/** A `--cmd` that runs Celery, taken apart where its global options go. */
export interface CeleryCommand {
  /** Up to and including the word celery. */
  readonly head: readonly string[]
  readonly tail: readonly string[]
  /** The first word of the tail that is neither an option nor the value of one. */
  readonly subcommand?: string
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Index of the word celery: the program itself, or the module of a `-m`. */
function wordAt(cmd: readonly string[]): number {
  if (baseName(cmd[0] ?? '') === 'celery') return 0
  return cmd.findIndex((word, at) => word === 'celery' && cmd[at - 1] === '-m')
}

function subcommandOf(tail: readonly string[]): string | undefined {
  for (let at = 0; at < tail.length; at += 1) {
    const word = tail[at] ?? ''
    if (!word.startsWith('-')) return word
    if (ruleOf(globalOptions, word)?.arity === 'value') at += 1
  }
  return undefined
}

export function readCelery(cmd: readonly string[]): CeleryCommand | undefined {
  const at = wordAt(cmd)
  if (at < 0) return undefined
  const tail = cmd.slice(at + 1)
  const subcommand = subcommandOf(tail)
  return { head: cmd.slice(0, at + 1), tail, ...(subcommand === undefined ? {} : { subcommand }) }
}

/**
 * Whether a `--cmd` is a Celery worker. `celery beat` and `celery events` know neither `-n` nor a warm shutdown:
 * to multi they are commands like any other.
 */
export function isCeleryWorker(cmd: readonly string[]): boolean {
  const celery = readCelery(cmd)
  return celery !== undefined && (celery.subcommand ?? 'worker') === 'worker'
}

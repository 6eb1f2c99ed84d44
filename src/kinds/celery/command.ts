import type { LaunchPlan } from '../../model/spec.ts'
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

/** Where the first word is that is neither a global option nor the value of one. */
export function subcommandAt(words: readonly string[]): number {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (!word.startsWith('-')) return at
    if (ruleOf(globalOptions, word)?.arity === 'value') at += 1
  }
  return words.length
}

/** The beginning of a worker's whole command line, up to and including the word celery: also behind the Python that runs it. */
export function startIn(argv: LaunchPlan['argv']): LaunchPlan['argv'] | undefined {
  const [program, second] = argv
  const at = wordAt(argv)
  if (at >= 0) return [program, ...argv.slice(1, at + 1)]
  return baseName(second ?? '') === 'celery' ? [program, second ?? ''] : undefined
}

export const readCelery = (cmd: readonly string[]): CeleryCommand | undefined => readAt(cmd, wordAt(cmd))

/** Behind a program that runs it: `ddtrace-run celery -A proj worker`. That it is Celery the user has to say. */
export function readWrapped(cmd: readonly string[]): CeleryCommand | undefined {
  // Users may be called so too: `sudo -u celery celery worker`.
  const read = cmd.flatMap((word, at) => (baseName(word) === 'celery' ? (readAt(cmd, at) ?? []) : []))
  return (
    read.find(({ subcommand }) => subcommand === 'worker') ??
    read.find(({ subcommand }) => subcommand === undefined) ??
    read[0]
  )
}

function readAt(cmd: readonly string[], at: number): CeleryCommand | undefined {
  if (at < 0) return undefined
  const tail = cmd.slice(at + 1)
  const subcommand = tail[subcommandAt(tail)]
  return { head: cmd.slice(0, at + 1), tail, ...(subcommand === undefined ? {} : { subcommand }) }
}

/** The app that a command line of Celery names: `-A proj`, `-Aproj`, `--app=proj`, `--app proj`. */
export function appIn(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => /^(-A|--app(=|$))/.test(word))
  const word = argv[at]
  if (word === undefined) return undefined
  return word === '-A' || word === '--app' ? argv[at + 1] : word.replace(/^(-A|--app=)/, '')
}

/**
 * Whether a `--cmd` is a Celery worker. `celery beat` and `celery events` know neither `-n` nor a warm shutdown:
 * to multi they are commands like any other.
 */
export function isCeleryWorker(cmd: readonly string[]): boolean {
  const celery = readCelery(cmd)
  return celery !== undefined && (celery.subcommand ?? 'worker') === 'worker'
}

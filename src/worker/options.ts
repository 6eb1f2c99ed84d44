import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../model/result.ts'
import { LEVELS, type Level } from './log.ts'

/** What `multi worker` was asked to do. */
export interface HostOptions {
  /** As typed: `./images.mjs:worker`. */
  readonly app: string
  readonly name: string
  readonly queues: readonly string[]
  readonly concurrency: number
  readonly logLevel: Level
  readonly pool?: string
  readonly pidfile?: string
  readonly workdir?: string
  readonly uid?: string
  readonly gid?: string
  readonly umask?: number
  /** What stands behind `--`: the app's own arguments. */
  readonly args: readonly string[]
}

const text = { type: 'string' } as const

/** For help and the manual, too. */
export const hostOptions = {
  app: { ...text, short: 'A' },
  hostname: { ...text, short: 'n', default: 'worker' },
  queues: { ...text, short: 'Q', default: '' },
  concurrency: { ...text, short: 'c', default: '1' },
  loglevel: { ...text, short: 'l' },
  level: { ...text, short: 'L' },
  pool: { ...text, short: 'P' },
  pidfile: { ...text, short: 'p' },
  // Only told: stdout and stderr are the log already, multi opened it before the start.
  logfile: { ...text, short: 'f' },
  workdir: text,
  uid: text,
  gid: text,
  umask: text,
} as const

/** Celery's names, and those of most JavaScript loggers. */
const SPELLED: Readonly<Record<string, Level>> = { warning: 'warn', critical: 'error', fatal: 'error' }

function readLevel(typed: string): Result<Level, string> {
  const word = typed.toLowerCase()
  const level = SPELLED[word] ?? LEVELS.find((known) => known === word)
  return level === undefined ? err(`${typed} is no log level: debug, info, warning or error`) : ok(level)
}

function readNumbers(values: {
  concurrency: string
  umask?: string | undefined
}): Result<{ concurrency: number; umask?: number }, string> {
  const concurrency = Number(values.concurrency)
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    return err(`${values.concurrency} is no concurrency: 1 or more`)
  if (values.umask === undefined) return ok({ concurrency })
  if (!/^[0-7]{1,4}$/.test(values.umask)) return err(`${values.umask} is not a umask: write it in octal`)
  return ok({ concurrency, umask: Number.parseInt(values.umask, 8) })
}

function parse(argv: readonly string[]) {
  try {
    const dashes = argv.indexOf('--')
    const end = dashes < 0 ? argv.length : dashes
    const { values } = parseArgs({ args: argv.slice(0, end), options: hostOptions, allowPositionals: false })
    return ok({ values, args: argv.slice(end + 1) })
  } catch (error) {
    // Its messages say which option and what to write: they are made for users.
    return err((error as Error).message)
  }
}

/** Reads the host's command line; the error is one sentence. */
export function readOptions(argv: readonly string[]): Result<HostOptions, string> {
  const parsed = parse(argv)
  if (!parsed.ok) return parsed
  const { values, args } = parsed.value
  const level = readLevel(values.loglevel ?? values.level ?? 'info')
  if (!level.ok) return level
  const numbers = readNumbers(values)
  if (!numbers.ok) return numbers
  if (values.app === undefined) return err('-A is missing: multi worker -A ./worker.mjs')
  const { pool, pidfile, workdir, uid, gid } = values
  return ok({
    app: values.app,
    name: values.hostname,
    queues: values.queues.split(',').filter((queue) => queue !== ''),
    logLevel: level.value,
    ...numbers.value,
    ...(pool !== undefined && { pool }),
    ...(pidfile !== undefined && { pidfile }),
    ...(workdir !== undefined && { workdir }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    args,
  })
}

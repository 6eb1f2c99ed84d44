import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../model/result.ts'
import type { Level } from './log.ts'
import { isPossibleId, readAutoscale, readLevel, readNumber, readUmask, type Scale } from './option-values.ts'

/** What `multi worker` was asked to do. */
export interface HostOptions {
  /** As typed: `./images.mjs:worker`. */
  readonly app: string
  readonly name: string
  readonly queues: readonly string[]
  readonly concurrency: number
  readonly logLevel: Level
  readonly pool: Pool
  /** Children of a pool: between these by the backlog. */
  readonly autoscale?: Scale
  /** After so many jobs a child of a pool is replaced. */
  readonly maxTasks?: number
  /** Above so much resident memory, KiB, a child of a pool is replaced. */
  readonly maxMemory?: number
  /** Which child of a pool this process is. */
  readonly child?: number
  readonly pidfile?: string
  /** With `%i` and `%I` as they came. stdout and stderr are the log already, multi opened it before the start. */
  readonly logfile?: string
  readonly workdir?: string
  readonly uid?: string
  readonly gid?: string
  readonly umask?: number
  /** What stands behind `--`: the app's own arguments. */
  readonly args: readonly string[]
}

/** One process that does `concurrency` jobs at a time, or as many processes that do one. */
const POOLS = ['async', 'prefork'] as const
type Pool = (typeof POOLS)[number]

const text = { type: 'string' } as const

/** For help and the manual, too. */
export const hostOptions = {
  app: { ...text, short: 'A' },
  hostname: { ...text, short: 'n', default: 'worker' },
  queues: { ...text, short: 'Q', default: '' },
  concurrency: { ...text, short: 'c', default: '1' },
  loglevel: { ...text, short: 'l' },
  level: { ...text, short: 'L' },
  pool: { ...text, short: 'P', default: 'async' },
  'max-tasks-per-child': text,
  maxtasksperchild: text,
  'max-memory-per-child': text,
  maxmemperchild: text,
  autoscale: text,
  pidfile: { ...text, short: 'p' },
  logfile: { ...text, short: 'f' },
  workdir: text,
  uid: text,
  gid: text,
  umask: text,
} as const

/** A pool starts its children with one more, which is nobody else's business: pool/fork.ts. */
const understood = { ...hostOptions, 'pool-child': text } as const

type Values = Extract<ReturnType<typeof parse>, { ok: true }>['value']['values']
type Numbers = Pick<HostOptions, 'concurrency' | 'umask' | 'autoscale' | 'maxTasks' | 'maxMemory' | 'child'>

function readNumbers(values: Values): Result<Numbers, string> {
  const concurrency = readNumber(values.concurrency, 'concurrency')
  if (!concurrency.ok) return concurrency
  const umask = readUmask(values.umask)
  if (!umask.ok) return umask
  const autoscale = readAutoscale(values.autoscale)
  if (!autoscale.ok) return autoscale
  const maxTasks = readNumber(values['max-tasks-per-child'] ?? values.maxtasksperchild, 'number of tasks')
  if (!maxTasks.ok) return maxTasks
  const maxMemory = readNumber(values['max-memory-per-child'] ?? values.maxmemperchild, 'amount of KiB')
  if (!maxMemory.ok) return maxMemory
  const child = readNumber(values['pool-child'], 'child of a pool')
  if (!child.ok) return child
  return ok({
    concurrency: concurrency.value ?? 1,
    ...(umask.value !== undefined && { umask: umask.value }),
    ...(autoscale.value !== undefined && { autoscale: autoscale.value }),
    ...(maxTasks.value !== undefined && { maxTasks: maxTasks.value }),
    ...(maxMemory.value !== undefined && { maxMemory: maxMemory.value }),
    ...(child.value !== undefined && { child: child.value }),
  })
}

const isPool = (typed: string): typed is Pool => (POOLS as readonly string[]).includes(typed)

/** The same words as in kinds/app, which says it before anything is started. */
function readPool({ pool }: Values, { autoscale, maxTasks, maxMemory }: Numbers): Result<Pool, string> {
  if (!isPool(pool)) return err(`${pool} is no pool of an app worker: async or prefork`)
  const needing = autoscale ?? maxTasks ?? maxMemory
  if (pool === 'prefork' || needing === undefined) return ok(pool)
  return err('--autoscale, --max-tasks-per-child and --max-memory-per-child need -P prefork')
}

function parse(argv: readonly string[]) {
  try {
    const dashes = argv.indexOf('--')
    const end = dashes < 0 ? argv.length : dashes
    const { values } = parseArgs({ args: argv.slice(0, end), options: understood, allowPositionals: false })
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
  const wrong = [values.uid, values.gid].find((typed) => typed !== undefined && !isPossibleId(typed))
  if (wrong !== undefined) return err(`no user or group can have the number ${wrong}`)
  const pool = readPool(values, numbers.value)
  if (!pool.ok) return pool
  if (values.app === undefined) return err('-A is missing: multi worker -A ./worker.mjs')
  return ok({
    app: values.app,
    name: values.hostname,
    queues: values.queues.split(',').filter((queue) => queue !== ''),
    logLevel: level.value,
    pool: pool.value,
    ...numbers.value,
    ...placesOf(values),
    args,
  })
}

const placesOf = ({ pidfile, logfile, workdir, uid, gid }: Values) => ({
  ...(pidfile !== undefined && { pidfile }),
  ...(logfile !== undefined && { logfile }),
  ...(workdir !== undefined && { workdir }),
  ...(uid !== undefined && { uid }),
  ...(gid !== undefined && { gid }),
})

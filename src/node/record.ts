import { type AbsPath, HIGHEST_ID, type LaunchId, type NodeName } from '../model/names.ts'
import type { Exit, Identity } from '../model/process.ts'
import { parseSignal } from '../model/signals.ts'
import type { LaunchPlan, Quieting } from '../model/spec.ts'
import type { StopRequest } from '../model/state.ts'
import type { System } from '../system/port.ts'
import { recordPath } from './files.ts'
import { MAX_PID } from './pidfile.ts'

const RECORD_VERSION = 1

/** One start of one worker, as the record keeps it. */
export interface Launch {
  readonly id: LaunchId
  readonly identity: Identity
  /** Its process group; null when the process shares its group with others. */
  readonly pgid: number | null
  /** Wall clock, ms since the epoch: for display. */
  readonly startedAt: number
  /** Monotonic ms since boot: for deciding how long it has lived. */
  readonly startedMono: number
  /** How long a mute worker must live to count as running, ms. */
  readonly startMs: number
  /** Where its output begins in the logfile, bytes. */
  readonly logOffset: number
  /** Where it may say how it is, and the user whose file that must be. */
  readonly vitals?: { readonly path: AbsPath; readonly uid: number }
  /** This machine or container, for those who find the record elsewhere. */
  readonly host: string
  /** Not started by multi: found through its pidfile. */
  readonly adopted: boolean
}

/** A launch plan as it is kept: the names of the environment that it was started in, never a value of it. */
export interface SavedPlan extends Omit<LaunchPlan, 'env'> {
  /** What multi added itself (MULTI_NODE …, HOME of --uid): nothing of the caller's. */
  readonly env: Readonly<Record<string, string>>
  readonly environmentNames: readonly string[]
}

interface PastExit extends Exit {
  readonly at: number
  readonly pid: number
}

/** Everything that multi knows of a node between two commands. */
export interface NodeRecord {
  readonly v: typeof RECORD_VERSION
  /** Number of the change that wrote it. Claims up to this number are void. */
  readonly generation: number
  readonly name: NodeName
  readonly short: string
  readonly fleet: string
  readonly pidfile: AbsPath
  readonly logfile: AbsPath
  readonly wanted: 'up' | 'down'
  /** Its very first start failed, and none since was seen to succeed. */
  readonly neverUp?: boolean
  readonly launch?: Launch
  readonly plan?: SavedPlan
  readonly stop?: StopRequest
  /** The latest last, at most five. */
  readonly exits: readonly PastExit[]
}

export type RecordRead =
  | { readonly is: 'absent' }
  | { readonly is: 'record'; readonly record: NodeRecord; readonly uid: number }
  /** Empty, torn or of another version: counts as absent, and is said. */
  | { readonly is: 'useless'; readonly why: string }
  | { readonly is: 'blocked'; readonly why: string; readonly code?: string }

/** Far more than any command line that execve(2) takes in practice; a larger file is not ours. */
const LIMIT = 1 << 20

/** What was last read at each path: who looks again and again finds the same text most times, and does not parse it again. */
const lastReads = new WeakMap<System, Map<AbsPath, LastRead>>()

interface LastRead {
  readonly text: string
  readonly uid: number
  readonly read: RecordRead
}

/** The very same answer as long as file and owner have not changed. */
export async function readRecord(system: System, pidfile: AbsPath): Promise<RecordRead> {
  const path = recordPath(pidfile)
  const found = await system.readFile(path, LIMIT)
  switch (found.found) {
    case 'nothing':
      return { is: 'absent' }
    case 'other':
      return { is: 'blocked', why: `${found.what} stands where the record should be` }
    case 'unreadable':
      return { is: 'blocked', why: `the record cannot be read (${found.code})`, code: found.code }
    case 'text':
      return parsedOnce(system, path, found.text, found.uid)
  }
}

/** What was read last, without looking: for who has just found out by it which nodes are meant. */
export const recordAsRead = (system: System, pidfile: AbsPath): RecordRead | undefined =>
  lastReads.get(system)?.get(recordPath(pidfile))?.read

/** What another user wrote must not become what this one runs: one's own record is believed so far, and root's. */
export const mayBeRun = (system: System, read: RecordRead): read is Extract<RecordRead, { is: 'record' }> =>
  read.is === 'record' && (read.uid === system.self.uid || read.uid === 0)

/** What was just written needs no parsing when it is found again. */
export const recordWritten = (system: System, record: NodeRecord, text: string, uid: number): void =>
  keep(system, recordPath(record.pidfile), { text, uid, read: { is: 'record', record, uid } })

function keep(system: System, path: AbsPath, read: LastRead): void {
  const reads = lastReads.get(system) ?? new Map<AbsPath, LastRead>()
  lastReads.set(system, reads.set(path, read))
}

function parsedOnce(system: System, path: AbsPath, text: string, uid: number): RecordRead {
  const last = lastReads.get(system)?.get(path)
  if (last?.text === text && last.uid === uid) return last.read
  const read = parseRecord(text, uid)
  keep(system, path, { text, uid, read })
  return read
}

export function parseRecord(text: string, uid: number): RecordRead {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { is: 'useless', why: text === '' ? 'the record is empty' : 'the record is torn' }
  }
  if (!isObject(value)) return { is: 'useless', why: 'the record is not one' }
  if (value['v'] !== RECORD_VERSION) return { is: 'useless', why: `the record is of ${formatOf(value['v'])}` }
  return isRecord(value) && isShallow(text)
    ? { is: 'record', record: value, uid }
    : { is: 'useless', why: 'the record lacks what it should hold, or holds what it should not' }
}

/** What is no number or word is not made a text of: an object may say itself how, and arrays may be too deep for it. */
const formatOf = (v: unknown): string =>
  typeof v === 'number' || (isText(v) && v.length < 20) ? `format ${v}` : 'no known format'

export const formatRecord = (record: NodeRecord): string => `${JSON.stringify(record)}\n`

type Json = Record<string, unknown>
type Is = (value: unknown) => boolean

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
/** Numbers above it must be numbers, too: where adding one changes nothing, whoever looks for the next claim never ends. */
const isGeneration = (value: unknown): boolean => isCount(value) && value < 2 ** 52
const isText = (value: unknown): value is string => typeof value === 'string'
/** What an argument, a path or a variable can be: the kernel takes them to end at a NUL, and Node throws at one. */
const isWord = (value: unknown): value is string => isText(value) && !value.includes('\0')
const isPath = (value: unknown): boolean => isWord(value) && value.startsWith('/')
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
/** JSON has numbers that are none here: 1e999 is infinite. */
const isTime = (value: unknown): boolean => Number.isFinite(value)
const isPid = (value: unknown): boolean => isCount(value) && value > 0 && value <= MAX_PID
const isUserNumber = (value: unknown): boolean => isCount(value) && value <= HIGHEST_ID
const isUmask = (value: unknown): boolean => isCount(value) && value <= 0o7777
const isSignal = (value: unknown): boolean => isText(value) && parseSignal(value) === value

const optional =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)
const orNull =
  (is: Is): Is =>
  (value) =>
    value === null || is(value)
const oneOf =
  (...known: readonly unknown[]): Is =>
  (value) =>
    known.includes(value)
const listOf =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is)

const isWords = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isWord)
const isCommand = (value: unknown): boolean => isWords(value) && isPath((value as unknown[])[0])
const isEnvironment = (value: unknown): boolean => isObject(value) && Object.values(value).every(isWord)

/** A check for each field of T: one that is added to T and forgotten here does not compile. */
function shape<T>(fields: { readonly [K in keyof Required<T>]: Is }): Is {
  const names = Object.keys(fields)
  const checks = Object.values<Is>(fields)
  return (value) => {
    if (!isObject(value)) return false
    // Run for each field of each record: a callback for each would take twice as long.
    for (let at = 0; at < names.length; at++) if (!checks[at]?.(value[names[at] as string])) return false
    return true
  }
}

const isIdentity = shape<Identity>({ pid: isPid, startTicks: isCount, bootId: isText, pidNamespace: isText })

/** An empty one would pass for none. */
const isLaunchId = (value: unknown): boolean => isWord(value) && value !== ''

const isLaunch = shape<Launch>({
  id: isLaunchId,
  identity: isIdentity,
  pgid: orNull(isPid),
  startedAt: isTime,
  startedMono: isTime,
  startMs: isTime,
  logOffset: isCount,
  vitals: optional(shape<NonNullable<Launch['vitals']>>({ path: isPath, uid: isUserNumber })),
  host: isText,
  adopted: isFlag,
})

const isStop = shape<StopRequest>({
  at: isTime,
  signal: isSignal,
  by: shape<StopRequest['by']>({ uid: isUserNumber, pid: isPid }),
  launch: isText,
  softAt: optional(isTime),
  orphansSignalledAt: optional(isTime),
})

type BySignal = Extract<Quieting, { by: 'signal' }>
type ByProgram = Extract<Quieting, { by: 'program' }>

const isBySignal = shape<BySignal>({ by: oneOf('signal'), quiet: isSignal, resume: isSignal })
const isByProgram = shape<ByProgram>({ by: oneOf('program'), quiet: isWords, resume: isWords, queues: listOf(isWord) })

const isStopping = shape<LaunchPlan['stop']>({
  warm: isSignal,
  soft: optional(isSignal),
  softWhen: optional(oneOf('said')),
  cold: isSignal,
})

const isPlan = shape<SavedPlan>({
  // Whose plan it is the record itself says.
  name: optional(isText),
  short: optional(isText),
  fleet: optional(isText),
  pidfile: optional(isText),
  logfile: optional(isText),
  kind: oneOf('celery', 'app', 'command'),
  argv: isCommand,
  cwd: isPath,
  env: isEnvironment,
  environmentNames: listOf(isText),
  unrecorded: optional(listOf(isText)),
  pidfileOwner: oneOf('manager', 'worker'),
  ready: oneOf('vitals', 'pidfile', 'pidfile+alive', 'alive'),
  stop: isStopping,
  vitals: optional(isPath),
  quiet: optional((value) => isBySignal(value) || isByProgram(value)),
  caution: optional(shape<NonNullable<LaunchPlan['caution']>>({ variable: isText, value: isText, text: isText })),
  uid: optional(isUserNumber),
  gid: optional(isUserNumber),
  umask: optional(isUmask),
  why: isText,
  notes: optional(listOf(isText)),
})

const isExit = shape<PastExit>({ at: isTime, pid: isPid, code: optional(isCount), signal: optional(isSignal) })

const hasAllFields = shape<NodeRecord>({
  v: oneOf(RECORD_VERSION),
  generation: isGeneration,
  name: isWord,
  short: isWord,
  fleet: isText,
  pidfile: isPath,
  logfile: isPath,
  wanted: oneOf('up', 'down'),
  neverUp: optional(isFlag),
  launch: optional(isLaunch),
  plan: optional(isPlan),
  stop: optional(isStop),
  exits: listOf(isExit),
})

/** Every field that code relies on is looked at: a record is a file, and files are edited, copied and torn. */
const isRecord = (value: Json): value is Json & NodeRecord => hasAllFields(value)

/** More brackets than any record has, also in the words of its command line. */
const MOST_BRACKETS = 2000

/** What it holds besides is written again with it, and JSON.stringify has only so much stack. */
const isShallow = (text: string): boolean =>
  text.length < MOST_BRACKETS || text.split('[').length + text.split('{').length < MOST_BRACKETS

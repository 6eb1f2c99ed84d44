import type { AbsPath, LaunchId, NodeName } from '../model/names.ts'
import type { Exit, Identity } from '../model/process.ts'
import { parseSignal } from '../model/signals.ts'
import type { LaunchPlan } from '../model/spec.ts'
import type { StopRequest } from '../model/state.ts'
import type { System } from '../system/port.ts'
import { recordPath } from './files.ts'

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
  if (value['v'] !== RECORD_VERSION) return { is: 'useless', why: `the record is of format ${String(value['v'])}` }
  return isRecord(value)
    ? { is: 'record', record: value, uid }
    : { is: 'useless', why: 'the record lacks what it should hold' }
}

export const formatRecord = (record: NodeRecord): string => `${JSON.stringify(record)}\n`

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isPid = (value: unknown): boolean => isCount(value) && value > 0
const isText = (value: unknown): value is string => typeof value === 'string'

const optional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value)

const isIdentity = (value: unknown): boolean =>
  isObject(value) &&
  isPid(value['pid']) &&
  isCount(value['startTicks']) &&
  isText(value['bootId']) &&
  isText(value['pidNamespace'])

const isLaunch = (value: unknown): boolean =>
  isObject(value) &&
  isText(value['id']) &&
  isIdentity(value['identity']) &&
  (value['pgid'] === null || isPid(value['pgid'])) &&
  isText(value['host']) &&
  optional(value['vitals'], isVitals) &&
  ['startedAt', 'startedMono', 'startMs', 'logOffset'].every((name) => typeof value[name] === 'number')

const isVitals = (value: unknown): boolean => isObject(value) && isText(value['path']) && isCount(value['uid'])

const isStop = (value: unknown): boolean => isObject(value) && isText(value['launch']) && isText(value['signal'])

const isWords = (value: unknown): value is string[] => Array.isArray(value) && value.length > 0 && value.every(isText)

const isSignal = (value: unknown): boolean => isText(value) && parseSignal(value) !== undefined

const isQuieting = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { by, quiet, resume, queues } = value
  if (by === 'signal') return isSignal(quiet) && isSignal(resume)
  return by === 'program' && isWords(quiet) && isWords(resume) && Array.isArray(queues) && queues.every(isText)
}

const isStopping = (value: unknown): boolean =>
  isObject(value) && isSignal(value['warm']) && isSignal(value['cold']) && optional(value['soft'], isSignal)

const isPlan = (value: unknown): boolean =>
  isObject(value) &&
  isWords(value['argv']) &&
  isText(value['cwd']) &&
  isStopping(value['stop']) &&
  optional(value['quiet'], isQuieting) &&
  isObject(value['env']) &&
  Array.isArray(value['environmentNames'])

/** Every field that code relies on is looked at: a record is a file, and files are edited, copied and torn. */
const isRecord = (value: Json): value is Json & NodeRecord =>
  isCount(value['generation']) &&
  ['name', 'short', 'fleet', 'pidfile', 'logfile'].every((name) => isText(value[name])) &&
  (value['wanted'] === 'up' || value['wanted'] === 'down') &&
  Array.isArray(value['exits']) &&
  optional(value['neverUp'], (flag) => typeof flag === 'boolean') &&
  optional(value['launch'], isLaunch) &&
  optional(value['stop'], isStop) &&
  optional(value['plan'], isPlan)

import type { AbsPath, LaunchId } from '../model/names.ts'
import { type Identity, isDead, isSuspended, type ProcessFacts, type VerifiedGroup } from '../model/process.ts'
import type { Target } from '../model/spec.ts'
import type { NodeState } from '../model/state.ts'
import type { System } from '../system/port.ts'
import { type Claim, type Claims, readClaims } from './claim.ts'
import { claimPath } from './files.ts'
import { isShared, leadersGroup, ownGroupOf, remainingGroup } from './group.ts'
import type { Look } from './look.ts'
import type { Memory } from './memory.ts'
import { type PidfileRead, readPidfile } from './pidfile.ts'
import { stageOf } from './readiness.ts'
import { type Launch, type NodeRecord, type RecordRead, readRecord } from './record.ts'
import { judgePidfile } from './stranger.ts'
import { type Heard, readVitals, SILENT_AFTER_MS } from './vitals.ts'

/** Everything that is known of a node at one moment. */
export interface Seen {
  readonly state: NodeState
  readonly record?: NodeRecord
  readonly recordRead: RecordRead
  readonly claims: Claims
  /** Unread while nobody asks and the worker of the record lives. */
  readonly pidfile: PidfileRead | { readonly is: 'unread' }
  /** The process that `state` speaks of, as the record has it or would have it. */
  readonly launch?: Launch
  /** A pidfile that names nobody who lives, or the last words of a worker that is gone: to be removed. */
  readonly leftover: boolean
  /** What it last said of itself, if it can be believed. */
  readonly vitals?: Heard
}

export interface Wanted {
  /** Default `always`. `if-needed`: not while the worker of the record lives, which decides then whatever the pidfile says. */
  readonly pidfile?: 'always' | 'if-needed'
  /** As it was read a moment ago. Where it leads to no living worker it is read again: what has changed is looked at anew. */
  readonly record?: RecordRead | undefined
  /** Just made by this command. */
  readonly claimed?: Claim | undefined
}

/** Reads files and /proc; changes nothing. */
export async function observe(look: Look, target: Target, memory: Memory, wanted: Wanted = {}): Promise<Seen> {
  const { system } = look
  const recordRead = wanted.record ?? (await readRecord(system, target.pidfile))
  const record = recordRead.is === 'record' ? recordRead.record : undefined
  const claims = await readClaims(system, target.pidfile, record?.generation ?? 0, {
    ours: wanted.claimed,
    isMissing: look.isMissing,
  })
  const pidfile = pidfileOf(system, target)
  const worker = await findWorker(look, target, recordRead, pidfile, memory)
  const found = await unlessItLives(system, worker, memory)
  // Nothing named it: recorded meanwhile, it is named now.
  if (found !== worker && (await isWrittenAnew(system, target, recordRead)))
    return observe(look.renewed(), target, memory, { ...wanted, record: undefined })
  if (wanted.record && !isLed(found) && (await readRecord(system, target.pidfile)) !== wanted.record)
    return observe(look.renewed(), target, memory, { ...wanted, record: undefined })
  // Started between our look at its record or its claims and at its pidfile, it would pass for somebody else's and for ready, or
  // could not be told from a stranger.
  const isOnItsOwn = found.launch?.adopted || found.state.state === 'unknown'
  if (isOnItsOwn && (await isBeingChanged(system, target, record, claims)))
    return observe(look.renewed(), target, memory, wanted)
  const unread = wanted.pidfile === 'if-needed' && isLed(found)
  return {
    ...found,
    recordRead,
    claims,
    pidfile: unread ? { is: 'unread' } : await pidfile(),
    ...(record ? { record } : {}),
  }
}

/** Whom this command is to stop and has seen: also when nothing names it any more, it is not gone before it is. */
async function unlessItLives(system: System, found: Found, { stopping, gone }: Memory): Promise<Found> {
  const { state } = found.state
  if (!stopping?.identity || gone !== undefined || (state !== 'stopped' && state !== 'stale')) return found
  if ((await locate(system, stopping.identity)) === 'gone') return found
  return unknown(`pid ${stopping.pid} lives, and neither record nor pidfile names it any more`)
}

async function isWrittenAnew(system: System, { pidfile }: Target, read: RecordRead): Promise<boolean> {
  const now = await readRecord(system, pidfile)
  return now.is === 'record' && now !== read
}

/** Read when it is asked for, and once. */
export function pidfileOf(system: System, { pidfile }: Target): PidfileReader {
  let read: Promise<PidfileRead> | undefined
  return () => (read ??= readPidfile(system, pidfile))
}

type PidfileReader = () => Promise<PidfileRead>

/** The process that was recorded lives. */
const isLed = ({ state, launch }: Found): boolean =>
  launch?.adopted === false && ('identity' in state || (state.state === 'draining' && state.leader !== undefined))

async function isBeingChanged(
  system: System,
  { pidfile }: Target,
  seen: NodeRecord | undefined,
  { next }: Claims,
): Promise<boolean> {
  // In this order: a claim goes when its record is there.
  if ((await system.readlink(claimPath(pidfile, next))) !== undefined) return true
  const now = await readRecord(system, pidfile)
  return now.is === 'record' && now.record.generation !== seen?.generation
}

export type Found = Pick<Seen, 'state' | 'leftover' | 'launch' | 'vitals'>

const unknown = (why: string): Found => ({ state: { state: 'unknown', why }, leftover: false })

/** The record decides while anything of it lives, whatever the pidfile says or lacks; otherwise the pidfile does. */
export async function findWorker(
  look: Look,
  target: Target,
  read: RecordRead,
  pidfile: PidfileReader,
  memory: Memory,
): Promise<Found> {
  if (read.is === 'blocked') return unknown(read.why)
  const launch = read.is === 'record' ? read.record.launch : undefined
  const { system } = look
  const forgotten = await forgottenOf(system, read, memory)
  if (forgotten) return unknown(forgotten)
  if (read.is !== 'record' || !launch) return byPidfile(look, target, read, pidfile, memory)
  const isGone = memory.gone === launch.id
  // Before the look, as we may be held up after it: who is seen alive has lived until this moment, not until a later one.
  const at = system.now()
  const leader = isGone ? 'gone' : await locate(system, launch.identity)
  if (leader === 'unreadable') return unknown(`pid ${launch.identity.pid} of the record cannot be looked at`)
  const owner = ownerOf(system, read.uid)
  if (!owner.believed) return unknown(owner.why)
  if (leader !== 'gone') {
    const others = await isAnothers(system, launch.identity, owner.uid)
    // Ended between two looks: what is left of it decides.
    if (others === 'gone') return findWorker(look, target, read, pidfile, memory)
    if (others) return unknown(others)
    return byLeader(look, read.record, launch, { facts: leader, at }, pidfile, memory, owner.uid)
  }
  if (!hereAndNow(system, launch.identity)) return elsewhere(look, target, read, launch, pidfile, memory)
  const left = { launch, logfile: target.logfile, cwd: read.record.plan?.cwd }
  const group = isGone ? undefined : await remainingGroup(look, left, memory, owner.uid)
  if (group && 'doubt' in group) return unknown(group.doubt)
  return group ? byGroup(system, read.record, launch, group, memory) : byPidfile(look, target, read, pidfile, memory)
}

/**
 * Of another boot or pid namespace. Usually it is gone with its container; one that has just spoken lives where its process
 * cannot be seen from here.
 */
async function elsewhere(
  look: Look,
  target: Target,
  read: RecordRead,
  launch: Launch,
  pidfile: PidfileReader,
  memory: Memory,
): Promise<Found> {
  const vitals = await readVitals(look.system, launch)
  if (vitals && vitals.state !== 'gone' && vitals.heardMs < SILENT_AFTER_MS) {
    return { state: { state: 'foreign', host: launch.host }, launch, leftover: false, vitals }
  }
  return byPidfile(look, target, read, pidfile, memory)
}

type Owner = { readonly believed: true; readonly uid?: number } | { readonly believed: false; readonly why: string }

/**
 * Whose record is it? One's own is believed. Root believes a user's, but it may lead only to that user's processes;
 * anyone believes root's.
 */
function ownerOf(system: System, uid: number): Owner {
  if (uid === 0) return { believed: true }
  if (uid === system.self.uid || system.self.uid === 0) return { believed: true, uid }
  return { believed: false, why: `the record belongs to uid ${uid}` }
}

const hereAndNow = (system: System, { bootId, pidNamespace }: Identity): boolean =>
  bootId === system.self.identity.bootId && pidNamespace === system.self.identity.pidNamespace

/** Another boot or pid namespace: whoever has that pid here is somebody else. */
async function locate(system: System, identity: Identity): Promise<ProcessFacts | 'gone' | 'unreadable'> {
  if (!hereAndNow(system, identity)) return 'gone'
  const read = await system.process(identity.pid)
  if (read.found === 'unreadable') return 'unreadable'
  return read.found === 'process' && read.facts.startTicks === identity.startTicks && !isDead(read.facts)
    ? read.facts
    : 'gone'
}

/** Why a user's record does not prove that process to be the user's worker. */
async function isAnothers(system: System, identity: Identity, uid: number | undefined): Promise<string | undefined> {
  if (uid === undefined || uid === system.self.uid) return undefined
  const real = await system.realUid(identity.pid)
  if (real === undefined && (await locate(system, identity)) === 'gone') return 'gone'
  return real === uid ? undefined : `the record of uid ${uid} names pid ${identity.pid}, which belongs to another user`
}

/**
 * Who was asked to stop, and lives, though that is not on record any more: it was taken away, spoilt, or replaced by an older one.
 * What is there now would have it signalled again, or take it for gone.
 */
async function forgottenOf(system: System, read: RecordRead, { asked }: Memory): Promise<string | undefined> {
  if (!asked) return undefined
  const record = read.is === 'record' ? read.record : undefined
  const isAnothers = record?.launch !== undefined && record.launch.id !== asked.id
  if (isAnothers || record?.stop?.launch === asked.id) return undefined
  const { identity, pgid } = asked
  const lives = (await locate(system, identity)) !== 'gone' || (pgid !== null && (await system.groupAnswers(pgid)))
  return lives ? `pid ${identity.pid} was asked to stop, and its record does not say so any more` : undefined
}

/** A process that was alive at that moment (monotonic, ms): of later ones it says nothing. */
interface Sighting {
  readonly facts: ProcessFacts
  readonly at: number
}

async function byLeader(
  look: Look,
  record: NodeRecord,
  launch: Launch,
  { facts, at }: Sighting,
  pidfile: PidfileReader,
  memory: Memory,
  uid: number | undefined,
): Promise<Found> {
  const { identity } = launch
  const group = (await isShared(look, facts, uid)) ? undefined : leadersGroup(launch, facts)
  if (group) memory.witness = { identity, pgid: group.pgid, at }
  const common = { identity, suspended: isSuspended(facts), ...(group ? { group } : {}) }
  const vitals = await readVitals(look.system, launch)
  const { stop } = record
  const state: NodeState =
    stop?.launch === launch.id
      ? { state: 'draining', leader: identity, request: stop, suspended: common.suspended, ...(group ? { group } : {}) }
      : {
          ...common,
          state: await stageOf(record, launch, at, pidfile, vitals),
          launch: launch.id,
          adopted: launch.adopted,
        }
  return { state, launch, leftover: false, ...(vitals ? { vitals } : {}) }
}

function byGroup(system: System, { stop }: NodeRecord, launch: Launch, group: VerifiedGroup, memory: Memory): Found {
  memory.leaderGoneAt ??= system.now()
  const state: NodeState =
    stop?.launch === launch.id
      ? { state: 'draining', group, request: stop, suspended: false }
      : { state: 'orphaned', group }
  return { state, launch, leftover: false }
}

async function byPidfile(
  look: Look,
  target: Target,
  read: RecordRead,
  reader: PidfileReader,
  { stopping }: Memory,
): Promise<Found> {
  const pidfile = await reader()
  if (pidfile.is === 'blocked') return unknown(pidfile.why)
  if (pidfile.is === 'absent') return { state: { state: 'stopped' }, leftover: await hasLastWords(look, read) }
  if (pidfile.is === 'garbage') return { state: { state: 'stale', why: pidfile.why }, leftover: true }
  const record = read.is === 'record' ? read.record : undefined
  const named = await judgePidfile(look.system, target, pidfile, stopping?.identity)
  if (named.is === 'unknown') return unknown(named.why)
  if (named.is === 'worker') return adopted(look, named.facts, record)
  // Stopped as it was asked to, and only the pidfile is left: that is stopped, not a surprise.
  const asked = record?.launch?.identity.pid === pidfile.pid && record.stop?.launch === record.launch.id
  return { state: asked ? { state: 'stopped' } : { state: 'stale', why: named.why, pid: pidfile.pid }, leftover: true }
}

/** A worker that has ended leaves its vitals behind. A directory in their place says nothing and cannot be removed. */
async function hasLastWords({ system }: Look, read: RecordRead): Promise<boolean> {
  const path = lastWordsPath(system, read)
  const found = path === undefined ? undefined : await system.stat(path)
  return found !== undefined && found.kind !== 'directory'
}

/** Only one's own record is believed so far: another user's could have root remove any file. */
export const lastWordsPath = (system: System, read: RecordRead): AbsPath | undefined =>
  read.is === 'record' && read.uid === system.self.uid ? read.record.launch?.vitals?.path : undefined

/** A worker that something else started, proven by its pidfile. */
async function adopted(look: Look, facts: ProcessFacts, record: NodeRecord | undefined): Promise<Found> {
  const { system } = look
  const { bootId, pidNamespace } = system.self.identity
  const identity: Identity = { pid: facts.pid, startTicks: facts.startTicks, bootId, pidNamespace }
  const age = Math.max(0, system.wall() - (system.bootedAt() ?? 0) - (facts.startTicks * 1000) / system.ticksPerSecond)
  const launch: Launch = {
    id: `adopted-${facts.pid}-${facts.startTicks}` as LaunchId,
    identity,
    pgid: await ownGroupOf(look, facts),
    startedAt: system.wall() - age,
    startedMono: system.now() - age,
    startMs: 0,
    logOffset: 0,
    host: system.self.hostname,
    adopted: true,
  }
  const group = leadersGroup(launch, facts)
  const common = { identity, suspended: isSuspended(facts), ...(group ? { group } : {}) }
  const stop = record?.stop
  const state: NodeState =
    stop?.launch === launch.id
      ? { state: 'draining', leader: identity, request: stop, suspended: common.suspended, ...(group ? { group } : {}) }
      : { ...common, state: 'running', launch: launch.id, adopted: true }
  return { state, launch, leftover: false }
}

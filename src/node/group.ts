import type { AbsPath } from '../model/names.ts'
import { type Identity, isDead, type ProcessFacts, sameProcess, type VerifiedGroup } from '../model/process.ts'
import type { System } from '../system/port.ts'
import type { Look, Snapshot } from './look.ts'
import type { Memory } from './memory.ts'
import type { Launch } from './record.ts'

/** The only place that makes one (with `leadersGroup`): a group without a proof is not signalled. */
const verifiedGroup = (pgid: number, evidence: readonly Identity[]): VerifiedGroup =>
  ({ pgid, evidence }) as unknown as VerifiedGroup

/** While the leader lives, it proves its group by itself. */
export function leadersGroup(launch: Launch, facts: ProcessFacts): VerifiedGroup | undefined {
  return launch.pgid === null || facts.pgrp !== launch.pgid ? undefined : verifiedGroup(launch.pgid, [launch.identity])
}

/** So it was started, and who leads a session can leave neither it nor its group, setpgid(2). */
export const leadsSession = ({ adopted, identity, pgid }: Launch): boolean => !adopted && pgid === identity.pid

/** Somebody of that number lives who may be what a worker left, and may be a stranger: a clause. */
export interface Doubt {
  readonly doubt: string
}

/** A group in which somebody is always just ending is looked at so often. */
const MOST_LOOKS = 20

/**
 * What is left of a worker whose leader is gone, or undefined when nothing of it lives.
 *
 * A number alone proves nothing: groups are named by pids, and pids come round again. But a number is not given away while
 * anyone is in the group, so one member that is proven ours proves the whole group.
 */
export async function remainingGroup(
  look: Look,
  left: Left,
  memory: Memory,
  uid: number | undefined,
): Promise<VerifiedGroup | Doubt | undefined> {
  const { launch } = left
  const { pgid } = launch
  if (pgid === null || !(await look.system.groupAnswers(pgid))) return undefined
  // Answers also for zombies: look who it is.
  let snapshot = await look.after(launch)
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const members = (snapshot.byGroup.get(pgid) ?? []).filter((facts) => !isDead(facts))
    if (members.length === 0) return undefined
    const found = await provenGroup(look.system, { ...left, snapshot, memory, uid }, members)
    if (found !== 'ended') return found
    snapshot = await look.anew()
  }
  return { doubt: `who is in its group ${pgid} changes faster than it can be looked at` }
}

/** Of whom something may be left, and where it wrote to. */
export interface Left {
  readonly launch: Launch
  readonly logfile: AbsPath
  /** Where it was started. */
  readonly cwd: string | undefined
}

interface Case extends Left {
  readonly snapshot: Snapshot
  readonly memory: Memory
  readonly uid: number | undefined
}

/** `ended`: nobody proves it, but somebody who might have has ended since. */
async function provenGroup(
  system: System,
  about: Case,
  members: readonly ProcessFacts[],
): Promise<VerifiedGroup | Doubt | 'ended' | undefined> {
  const { launch, snapshot, uid } = about
  const { identity, pgid } = launch
  // Somebody else has the leader's pid: then its group and session were empty once, and what now bears their number is not ours.
  const recycled = snapshot.all.some(
    ({ pid, startTicks }) => pid === identity.pid && startTicks !== identity.startTicks,
  )
  const proofs = new Map<Proof, ProcessFacts>()
  for (const member of members) {
    const proof = await proofOf(system, about, member)
    if (proof === 'certain' || (proof === 'likely' && !recycled)) {
      if (await holdsOthers(system, members, uid))
        return { doubt: `the group ${pgid} holds other users' processes, too` }
      return verifiedGroup(
        pgid ?? 0,
        members.map((one) => identityOf(one, identity)),
      )
    }
    proofs.set(proof, member)
  }
  const doubtful = recycled ? undefined : proofs.get('doubtful')
  if (doubtful)
    return { doubt: `pid ${doubtful.pid} may be left of pid ${identity.pid}, or be a stranger: end it by hand` }
  return proofs.has('ended') ? 'ended' : undefined
}

/** Does the group that another user's record names hold anyone else's process? Then it is not signalled as a whole. */
async function holdsOthers(system: System, members: readonly ProcessFacts[], uid: number | undefined) {
  if (uid === undefined || uid === system.self.uid) return false
  for (const member of members) {
    const real = await system.realUid(member.pid)
    // Who has ended since the look has no user any more, and is nobody else's.
    if (real !== uid && (real !== undefined || (await isStillAlive(system, member)))) return true
  }
  return false
}

/** The same of a group whose leader lives; what the look costs is only spent where it matters. */
export async function isShared(look: Look, leader: ProcessFacts, uid: number | undefined): Promise<boolean> {
  if (uid === undefined || uid === look.system.self.uid) return false
  const members = (await look.around(leader)).filter((facts) => facts.pgrp === leader.pgrp && !isDead(facts))
  return holdsOthers(look.system, members, uid)
}

const identityOf = ({ pid, startTicks }: ProcessFacts, { bootId, pidNamespace }: Identity): Identity => ({
  pid,
  startTicks,
  bootId,
  pidNamespace,
})

type Proof = 'certain' | 'likely' | 'doubtful' | 'none' | 'ended'

/**
 * Does this member of the leader's old group come from it? Certainly if it carries our launch id, or if the leader is still there as
 * a zombie, which keeps the number. Likely if it was there already when this very command saw the leader alive, or if it is of the
 * leader's session and its environment does not say otherwise: it was written over, as some programs do, or is nobody's to hand
 * on (an adopted worker's). One that was given an environment of its own (`env -i`) is likely ours if it writes to our log, and
 * perhaps if it only works where the worker did.
 */
async function proofOf(
  system: System,
  { launch, logfile, cwd, snapshot, memory: { witness }, uid }: Case,
  member: ProcessFacts,
): Promise<Proof> {
  const leader = launch.identity
  // A user's record may lead root only to that user's processes.
  if (uid !== undefined && (await system.realUid(member.pid)) !== uid) return endedOr('none', system, member)
  if (snapshot.all.some(({ pid, startTicks }) => pid === leader.pid && startTicks === leader.startTicks))
    return 'certain'
  const environ = await system.environ(member.pid)
  const carried = environ?.get('MULTI_LAUNCH')
  if (carried !== undefined) return carried === launch.id ? 'certain' : 'none'
  const seenAt = witness && sameProcess(witness.identity, leader) ? witness.at : 0
  // Whole ticks: one of that very tick may have come after the look, and ten milliseconds are enough for a stranger with our pid.
  if (member.startTicks < Math.floor((seenAt * system.ticksPerSecond) / 1000)) return 'likely'
  const inSession = member.session === leader.pid && leader.startTicks > 0 && member.startTicks >= leader.startTicks
  if (!inSession) return endedOr('none', system, member)
  const saysOtherwise = environ !== undefined && isIntact(environ) && !launch.adopted
  if (!saysOtherwise || (await writesTo(system, member, logfile))) return endedOr('likely', system, member)
  return endedOr((await worksIn(system, member, cwd)) ? 'doubtful' : 'none', system, member)
}

/** Who has ended since the look has no environment and no descriptors left to say anything by. */
const endedOr = async (proof: Proof, system: System, member: ProcessFacts): Promise<Proof> =>
  (await isStillAlive(system, member)) ? proof : 'ended'

/** Daemons of all kinds work in `/`. */
const worksIn = async (system: System, { pid }: ProcessFacts, cwd: string | undefined): Promise<boolean> =>
  cwd !== undefined && cwd !== '/' && (await system.workingDirectory(pid)) === cwd

/** Children have their parent's output, unless they are given one. */
const writesTo = async (system: System, { pid }: ProcessFacts, logfile: AbsPath): Promise<boolean> =>
  (await system.writesTo(pid, 1, logfile)) || (await system.writesTo(pid, 2, logfile))

/** Who has ended since the look has no environment left to say anything by. */
export async function isStillAlive(system: System, { pid, startTicks }: ProcessFacts): Promise<boolean> {
  const read = await system.process(pid)
  return (
    read.found === 'unreadable' ||
    (read.found === 'process' && read.facts.startTicks === startTicks && !isDead(read.facts))
  )
}

/** Programs that write their title over their environment leave no PATH in it. */
export const isIntact = (environ: ReadonlyMap<string, string>): boolean => environ.has('PATH')

/**
 * The group of a process that something else started: its own alone only if everyone in it descends from it. A worker that
 * a shell or `celery multi` detached may share its group with whoever started it.
 */
export async function ownGroupOf(look: Look, facts: ProcessFacts): Promise<number | null> {
  const all = await look.around(facts)
  const parents = new Map(all.map(({ pid, ppid }) => [pid, ppid]))
  const descends = (pid: number): boolean => {
    for (
      let at: number | undefined = pid, steps = 0;
      at !== undefined && at > 1 && steps < 64;
      at = parents.get(at), steps++
    ) {
      if (at === facts.pid) return true
    }
    return false
  }
  const members = all.filter((one) => one.pgrp === facts.pgrp && !isDead(one))
  return facts.pgrp > 1 && members.every(({ pid }) => descends(pid)) ? facts.pgrp : null
}

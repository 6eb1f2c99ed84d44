import type { AbsPath } from '../model/names.ts'
import { isDead, type ProcessFacts } from '../model/process.ts'
import type { Target } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import type { Claim } from './claim.ts'
import { claimPath } from './files.ts'
import { isStillAlive } from './group.ts'
import { isNeighbour } from './neighbour.ts'
import type { RecordRead } from './record.ts'

/**
 * Why it cannot be told whether a start that died has left a worker: there is one who may be it, and cannot be looked into. That is
 * another user's, where root lacks CAP_SYS_PTRACE (in most containers), or one that hides from its own user. Asked when nobody was
 * found: "cannot look" is not "not there".
 *
 * As narrow as it can be told from outside, or an unrelated daemon would be in the way for ever: the living leader of a session, of
 * the user that the start would have given it, begun no earlier than the starter, brought up by someone older (who starts a worker
 * and dies leaves it to init or another ancestor), and on nobody's record.
 */
export async function whoIsDoubtful(
  system: System,
  target: Target,
  claim: Claim,
  read: RecordRead,
): Promise<string | undefined> {
  const { identity } = system.self
  const uid = uidOf(claim, read)
  if (uid === undefined) return undefined
  if (claim.owner.bootId !== identity.bootId || claim.owner.pidNamespace !== identity.pidNamespace) return undefined
  const all = await system.processes()
  const starts = new Map(all.map(({ pid, startTicks }) => [pid, startTicks]))
  const { startTicks } = claim.owner
  for (const facts of all) {
    const isLeader = facts.session === facts.pid && facts.pid !== identity.pid && !isDead(facts)
    if (!isLeader || facts.startTicks < startTicks || (starts.get(facts.ppid) ?? 0) > startTicks) continue
    if ((await system.environ(facts.pid)) !== undefined || (await system.realUid(facts.pid)) !== uid) continue
    if (isOnRecord(read, facts) || (await isNeighbour(system, target, facts))) continue
    // Its command line everybody may read, until its memory goes: one that is ending is nobody to be in doubt about.
    if (((await system.commandLine(facts.pid)) ?? []).length === 0) continue
    // Nothing can be read of one that has just ended, either.
    if (await isStillAlive(system, facts)) return whyDoubtful(facts, claimPath(target.pidfile, claim.generation))
  }
  return undefined
}

/** A start writes its plan before it spawns: without such a record it has started nobody. */
const uidOf = ({ uid }: Claim, read: RecordRead): number | undefined =>
  read.is === 'record' && read.uid === uid && read.record.plan ? (read.record.plan.uid ?? uid) : undefined

const whyDoubtful = ({ pid }: ProcessFacts, path: AbsPath): string =>
  `pid ${pid} may be the worker of a start that was killed, and multi has no right to look at it (CAP_SYS_PTRACE); if it is not, remove ${path}`

function isOnRecord(read: RecordRead, { pid, startTicks }: ProcessFacts): boolean {
  const identity = read.is === 'record' ? read.record.launch?.identity : undefined
  return identity?.pid === pid && identity.startTicks === startTicks
}

import { type Identity, isDead, type ProcessFacts, type VerifiedGroup } from '../model/process.ts'
import type { Look } from './look.ts'
import type { Memory } from './memory.ts'
import type { Launch } from './record.ts'

/** The only place that makes one (with `leadersGroup`): a group without a proof is not signalled. */
const verifiedGroup = (pgid: number, evidence: readonly Identity[]): VerifiedGroup =>
  ({ pgid, evidence }) as unknown as VerifiedGroup

/** While the leader lives, it proves its group by itself. */
export function leadersGroup(launch: Launch, facts: ProcessFacts): VerifiedGroup | undefined {
  return launch.pgid === null || facts.pgrp !== launch.pgid ? undefined : verifiedGroup(launch.pgid, [launch.identity])
}

/**
 * What is left of a worker whose leader is gone, or undefined when nothing of it lives.
 *
 * A number alone proves nothing: groups are named by pids, and pids come round again. The members are ours if this very
 * command saw the leader alive and the group never empty since (then the number cannot have been given away), or if one of
 * them carries our launch id, or is of the leader's session, started no earlier than the leader, under the same user.
 */
export async function remainingGroup(
  look: Look,
  launch: Launch,
  memory: Memory,
  uid: number | undefined,
): Promise<VerifiedGroup | undefined> {
  const { pgid, identity } = launch
  if (pgid === null || !(await look.system.groupAnswers(pgid))) {
    delete memory.witness
    return undefined
  }
  // Answers also for zombies: look who it is.
  const members = (await look.processes()).filter((facts) => facts.pgrp === pgid && !isDead(facts))
  const evidence: Identity[] = []
  for (const member of members) {
    if (await isOurs(look, launch, member, memory, uid)) evidence.push(identityOf(member, identity))
  }
  if (evidence.length === 0) {
    delete memory.witness
    return undefined
  }
  return verifiedGroup(pgid, evidence)
}

const identityOf = ({ pid, startTicks }: ProcessFacts, { bootId, pidNamespace }: Identity): Identity => ({
  pid,
  startTicks,
  bootId,
  pidNamespace,
})

async function isOurs(
  look: Look,
  launch: Launch,
  member: ProcessFacts,
  memory: Memory,
  uid: number | undefined,
): Promise<boolean> {
  const leader = launch.identity
  const { witness } = memory
  if (witness && witness.pgid === launch.pgid && witness.identity.startTicks === leader.startTicks) return true
  const environ = await look.system.environ(member.pid)
  const carried = environ?.get('MULTI_LAUNCH')
  if (carried !== undefined) return carried === launch.id
  return (
    member.session === leader.pid &&
    leader.startTicks > 0 &&
    member.startTicks >= leader.startTicks &&
    (uid === undefined || (await look.system.realUid(member.pid)) === uid)
  )
}

/**
 * The group of a process that something else started: its own alone only if everyone in it descends from it. A worker that
 * a shell or `celery multi` detached may share its group with whoever started it.
 */
export async function ownGroupOf(look: Look, facts: ProcessFacts): Promise<number | null> {
  const all = await look.processes()
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

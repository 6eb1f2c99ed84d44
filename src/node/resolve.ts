import type { AbsPath, LaunchId } from '../model/names.ts'
import { type Identity, isDead, isKernelThread, type ProcessFacts } from '../model/process.ts'
import type { Target } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import type { Claim } from './claim.ts'
import { isIntact } from './group.ts'
import { isNeighbour } from './neighbour.ts'
import type { Launch, RecordRead } from './record.ts'

/** Between two looks: a worker that was just forked and has not come to its program yet. */
const NEXT_LOOK_MS = 250
/** One that never comes to it, because it is suspended, is not waited for any longer. */
const MOST_LOOKS = 40

/**
 * Finds the worker of a start that died before it could record it, or makes sure that there is none.
 * By the launch id in its environment; a program that overwrites its environment, by being the leader of a session, started
 * no earlier than the one who claimed the start, with our logfile as its output, and nobody else's worker.
 *
 * A claim is a file, and a user's file may lead only to that user's processes: else it could make root take over, and stop,
 * whatever writes to a log that the user's record names.
 */
export async function findAbandoned(
  system: System,
  target: Target,
  claim: Claim,
  startMs: number,
  read: RecordRead,
): Promise<Launch | undefined> {
  // Nobody outlives the machine.
  if (claim.owner.bootId !== system.self.identity.bootId) return undefined
  const place = placeOf(target, claim, read)
  const found = (await search(system, place, claim, startMs)) ?? (await again(system, place, claim, startMs))
  const vitals = vitalsOf(system, read)
  const uid = found && vitals ? await system.realUid(found.identity.pid) : undefined
  return found && vitals && uid !== undefined ? { ...found, vitals: { path: vitals, uid } } : found
}

async function again(system: System, target: Target, claim: Claim, startMs: number): Promise<Launch | undefined> {
  for (let looks = 1; ; looks += 1) {
    await system.rest(NEXT_LOOK_MS)
    // Before it is looked for: afterwards it may have come to its program without having been found.
    const isDue = looks < MOST_LOOKS && (await isOneUnborn(system, claim))
    const found = await search(system, target, claim, startMs)
    if (found || !isDue) return found
  }
}

/**
 * Is there a fork that has not come to its program yet? Between fork(2) and execve(2) it has the command line of the multi that
 * forked it and one thread, where a Node has more; in the middle of execve it has no command line.
 */
async function isOneUnborn(system: System, claim: Claim): Promise<boolean> {
  const program = ((await system.commandLine(system.self.identity.pid)) ?? []).slice(0, 2)
  const isUnborn = async (facts: ProcessFacts): Promise<boolean> => {
    if (facts.threads > 1 || isKernelThread(facts)) return false
    const words = await system.commandLine(facts.pid)
    if (words === undefined || words.length === 0) return words !== undefined
    return program.length > 0 && program.every((word, at) => words[at] === word)
  }
  return (await firstOf(await candidatesOf(system, claim), isUnborn)) !== undefined
}

/** Whoever may have been started by the one who claimed. */
async function candidatesOf(system: System, claim: Claim): Promise<readonly ProcessFacts[]> {
  const self = system.self.identity
  return (await system.processes()).filter(
    (facts) => facts.startTicks >= claim.owner.startTicks && facts.pid !== self.pid && !isDead(facts),
  )
}

/**
 * With the log that the starter said: its record was written before it spawned, and what this command's line says, or left to a
 * default, may be another. Not by a record of somebody else than the starter.
 */
const placeOf = (target: Target, { uid }: Claim, read: RecordRead): Target =>
  read.is === 'record' && read.uid === uid ? { ...target, logfile: read.record.logfile } : target

/** Where the worker was to write of itself. From one's own record only: another user's could have root remove any file. */
const vitalsOf = (system: System, read: RecordRead): AbsPath | undefined =>
  read.is === 'record' && read.uid === system.self.uid ? read.record.plan?.vitals : undefined

async function search(system: System, target: Target, claim: Claim, startMs: number): Promise<Launch | undefined> {
  const candidates = await candidatesOf(system, claim)
  const mayBe = async ({ pid }: ProcessFacts) => claim.uid === 0 || (await system.realUid(pid)) === claim.uid
  // The oldest: what a worker has started itself, in a session of its own, carries the same id.
  const byAge = [...candidates].sort(
    (a, b) => a.startTicks - b.startTicks || Number(a.ppid === b.pid) - Number(b.ppid === a.pid),
  )
  const leader = await firstOf(
    byAge,
    async (facts) => (await isTheLeader(system, target, claim, facts)) && (await mayBe(facts)),
  )
  if (leader) return found(system, claim, leader.pid, leader.startTicks, startMs)
  // The leader may be dead already while what it started lives: its session still bears its pid.
  const member = await firstOf(
    candidates,
    async (facts) => (await carries(system, facts, claim.launch)) && (await mayBe(facts)),
  )
  return member && found(system, claim, member.session, 0, startMs)
}

const carries = async (system: System, { pid }: ProcessFacts, launch: LaunchId): Promise<boolean> =>
  (await system.environ(pid))?.get('MULTI_LAUNCH') === launch

async function isTheLeader(system: System, target: Target, claim: Claim, facts: ProcessFacts): Promise<boolean> {
  if (facts.session !== facts.pid) return false
  const environ = await system.environ(facts.pid)
  const carried = environ?.get('MULTI_LAUNCH')
  if (carried !== undefined) return carried === claim.launch
  // Every daemon writes to /dev/null, and a log that several nodes share names none of them.
  return (
    environ !== undefined &&
    !isIntact(environ) &&
    (await system.writesTo(facts.pid, 1, target.logfile)) &&
    !(await isNeighbour(system, target, facts))
  )
}

async function firstOf(
  all: readonly ProcessFacts[],
  is: (facts: ProcessFacts) => Promise<boolean>,
): Promise<ProcessFacts | undefined> {
  for (const facts of all) if (await is(facts)) return facts
  return undefined
}

function found(system: System, claim: Claim, pid: number, startTicks: number, startMs: number): Launch {
  const { bootId, pidNamespace } = system.self.identity
  const identity: Identity = { pid, startTicks, bootId, pidNamespace }
  const age =
    startTicks === 0
      ? 0
      : Math.max(0, system.wall() - (system.bootedAt() ?? 0) - (startTicks * 1000) / system.ticksPerSecond)
  return {
    id: claim.launch,
    identity,
    pgid: pid,
    startedAt: system.wall() - age,
    startedMono: system.now() - age,
    startMs,
    logOffset: 0,
    host: system.self.hostname,
    adopted: false,
  }
}

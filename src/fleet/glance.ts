import { isDead } from '../model/process.ts'
import { leadsSession } from '../node/group.ts'
import type { Look, Snapshot } from '../node/look.ts'
import type { Launch } from '../node/record.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

/** Between whole looks: somebody else may have changed the files. */
const WHOLE_LOOK_MS = 1000

/** `look`: only a whole look can say. */
type Glance = 'still waiting' | 'gone' | 'look'

/** `answers`: somebody of its group does, and it may be a zombie only. */
type First = Glance | 'answers'

/**
 * The cheap looks at nodes that are waited for: one stat each. Once a leader is found to be a zombie, one snapshot of /proc shows
 * the end of all whose group answers, and what is left of them.
 */
export async function glances(runs: Iterable<Run>, look: Look): Promise<Map<Run, Glance>> {
  const found = new Map<Run, Glance>()
  const answering: Run[] = []
  for (const run of runs) {
    const glance = await first(run, look.system, answering.length > 0)
    if (glance === 'answers') answering.push(run)
    found.set(run, glance === 'answers' ? 'look' : glance)
  }
  for (const run of answering) found.set(run, await among(await look.once(), run, look.system))
  return found
}

async function first(run: Run, system: System, isSnapshotDue: boolean): Promise<First> {
  const launch = run.seen?.launch
  if (!launch) return 'look'
  const waits = await isWaiting(run, system)
  const stopping = isStopping(run)
  if (!waits && !stopping) return 'look'
  const { identity } = launch
  if (stopping && leadsSession(launch)) {
    // What leads it cannot leave its group: without anyone in that it is gone as well.
    if (!(await system.groupAnswers(identity.pid))) return gone(run, launch)
    if (isSnapshotDue) return 'answers'
  }
  const read = await system.process(identity.pid)
  const isIt = read.found === 'process' && read.facts.startTicks === identity.startTicks
  if (isIt && !isDead(read.facts)) return waits ? 'still waiting' : 'look'
  if (read.found === 'unreadable' || !stopping) return 'look'
  if (isIt) return leadsSession(launch) ? 'answers' : 'look'
  const { pgid } = launch
  return pgid === null || !(await system.groupAnswers(pgid)) ? gone(run, launch) : 'look'
}

/** Whether a whole look at a worker that leads its session is worth it, by a snapshot of this moment. */
async function among({ byGroup }: Snapshot, run: Run, system: System): Promise<Glance> {
  const launch = run.seen?.launch
  const group = byGroup.get(launch?.identity.pid ?? 0)
  const leader = group?.find(({ pid }) => pid === launch?.identity.pid)
  if (!launch || !group || leader?.startTicks !== launch.identity.startTicks) return 'look'
  if (group.every(isDead)) return gone(run, launch)
  return !isDead(leader) && (await isWaiting(run, system)) ? 'still waiting' : 'look'
}

function gone({ memory }: Run, { id }: Launch): Glance {
  memory.gone = id
  return 'gone'
}

/**
 * While its leader lives and no deadline has come, nothing can have been reached, except by a worker that is to say itself that
 * it is ready.
 */
async function isWaiting(run: Run, system: System): Promise<boolean> {
  const { standing } = run
  const now = system.now()
  if (!standing || standing.for === 'claim' || now >= (standing.untilMono ?? Number.POSITIVE_INFINITY)) return false
  if (now - run.lookedAt >= WHOLE_LOOK_MS) return false
  return standing.for !== 'ready' || (isTimeAlone(run, now) && (await isSilent(run, system)))
}

/** This command waits for its end, and will clear up after it. What it may still be asked is taken back by a whole look. */
function isStopping({ goal, memory, standing, easing }: Run): boolean {
  if (goal.goal !== 'down' || !goal.wait || (easing && !easing.over)) return false
  return standing ? standing.for === 'stopped' : memory.signalled === true
}

/** A worker that has said anything is read. */
async function isSilent({ seen }: Run, system: System): Promise<boolean> {
  const vitals = seen?.launch?.vitals
  return !seen?.vitals && (!vitals || (await system.stat(vitals.path)) === undefined)
}

/** Waiting for startsecs, with nothing to read before they are over. */
function isTimeAlone({ goal, seen }: Run, now: number): boolean {
  const launch = seen?.launch
  if (goal.goal !== 'up' || !launch) return false
  const needsTime = goal.plan.ready === 'alive' || goal.plan.ready === 'pidfile+alive'
  return needsTime && now - launch.startedMono < launch.startMs
}

import { isDead } from '../model/process.ts'
import type { Launch } from '../node/record.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

/** Between whole looks: somebody else may have changed the files. */
const WHOLE_LOOK_MS = 1000

/** `look`: only a whole look can say. */
type Glance = 'still waiting' | 'gone' | 'look'

/** The cheap look at a node that is waited for: one stat. */
export async function glance(run: Run, system: System): Promise<Glance> {
  const launch = run.seen?.launch
  if (!launch) return 'look'
  const waits = await isWaiting(run, system)
  const stopping = isStopping(run)
  if (!waits && !stopping) return 'look'
  const { identity, pgid } = launch
  if (stopping && isBound(launch) && !(await system.groupAnswers(identity.pid))) return gone(run, launch)
  const read = await system.process(identity.pid)
  const isIt = read.found === 'process' && read.facts.startTicks === identity.startTicks
  if (isIt && !isDead(read.facts)) return waits ? 'still waiting' : 'look'
  if (isIt || read.found === 'unreadable' || !stopping) return 'look'
  return pgid === null || !(await system.groupAnswers(pgid)) ? gone(run, launch) : 'look'
}

/** It leads its session, which no process can leave, setpgid(2): without anyone in its group it is gone as well. */
const isBound = ({ adopted, identity, pgid }: Launch): boolean => !adopted && pgid === identity.pid

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

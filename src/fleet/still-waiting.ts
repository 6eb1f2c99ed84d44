import { isDead } from '../model/process.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

/** Between whole looks: somebody else may have changed the files. */
const WHOLE_LOOK_MS = 1000

/**
 * The cheap look of a waiting node: one stat. While its leader lives and no deadline has come, nothing can have been reached,
 * except by a worker that is to say itself that it is ready.
 */
export async function isStillWaiting(run: Run, system: System): Promise<boolean> {
  const { standing, seen } = run
  const identity = seen?.launch?.identity
  const now = system.now()
  if (!standing || !identity || standing.for === 'claim' || now >= (standing.untilMono ?? Number.POSITIVE_INFINITY))
    return false
  if (now - run.lookedAt >= WHOLE_LOOK_MS) return false
  if (standing.for === 'ready' && !(isTimeAlone(run, now) && (await isSilent(run, system)))) return false
  const read = await system.process(identity.pid)
  return read.found === 'process' && read.facts.startTicks === identity.startTicks && !isDead(read.facts)
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

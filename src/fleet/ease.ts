import type { AbsPath } from '../model/names.ts'
import { decideDown, jobsOf } from '../node/decide-down.ts'
import { wishPath } from '../node/files.ts'
import { lastWordsPath } from '../node/observe.ts'
import { isChange, type Step } from '../node/step.ts'
import { type Heard, SILENT_AFTER_MS } from '../node/vitals.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

/** How long it takes at most, and in that the jobs which the worker has, once no more come. */
const LIMIT_MS = 5000
const JOBS_MS = 2000
/** Between two readings of its vitals. */
const LOOK_MS = 50

/** A worker that was asked to take no more jobs before it gets its signal. Monotonic ms. */
export interface Easing {
  readonly wish: AbsPath
  readonly until: number
  quietAt?: number
  over: boolean
  /** It was asked by us, and can be told that it is no longer wanted. */
  readonly canBeCalledOff?: boolean
}

/** One that may be asked: its own word, and where it looks for a wish. */
interface Easable {
  readonly pid: number
  readonly vitals: Heard
  readonly wish: AbsPath
}

/**
 * A wait in the place of a worker's warm signal, as long as the worker may still take jobs: one that ends while it is fetching
 * a job may lose it (celery/celery#4354), and one whose acknowledgement is under way may have it done again. Best effort: it
 * ends soon, and the signal goes whatever came of it. What was asked is not recorded: a command that comes after asks again.
 */
export async function ease(run: Run, step: Step, system: System): Promise<Step> {
  if (run.easing?.over || (step.step === 'wait' && step.for === 'claim')) return step
  const worker = isChange(step) ? easable(run, system) : undefined
  if (worker) {
    run.easing ??= await begin(run, worker, system)
    if (isOn(run.easing, worker.vitals, system.now())) return waitFor(worker, system)
  }
  if (run.easing) await end(run.easing, system)
  return step
}

function easable(run: Run, system: System): Easable | undefined {
  const { goal, seen, memory, since, task } = run
  if (goal.goal !== 'down' || !goal.wait || !seen) return undefined
  const { state, vitals, record } = seen
  if ((state.state !== 'running' && state.state !== 'quiet') || state.suspended) return undefined
  if (!vitals?.heeds?.includes('quiet') || vitals.heardMs >= SILENT_AFTER_MS) return undefined
  const step = decideDown(goal, seen, { target: task.target, memory, now: system.now(), since })
  const warm = record?.plan?.stop.warm ?? 'TERM'
  if (step.step !== 'signal-leader' || step.signal !== warm) return undefined
  // Another user's record could have root make a link anywhere.
  const path = lastWordsPath(system, seen.recordRead)
  return path && { pid: state.identity.pid, vitals, wish: wishPath(path) }
}

async function begin({ goal, since }: Run, { vitals, wish }: Easable, system: System): Promise<Easing> {
  const limit = goal.goal === 'down' ? goal.timeoutMs : undefined
  const now = system.now()
  // The rest of the user's own limit is for what comes after the signal.
  const until = Math.min(now + LIMIT_MS, limit === undefined ? Number.POSITIVE_INFINITY : since + limit / 2)
  // A `resume` that was not taken yet is no longer wanted; another command's `quiet` is as good as ours.
  const there = await system.readlink(wish)
  if (there !== undefined && there !== 'quiet') await system.remove(wish)
  if (vitals.state === 'quiet') return { wish, until, over: false }
  const asked = await system.symlink('quiet', wish)
  const isAsked = asked.ok || asked.error.code === 'EEXIST'
  return { wish, until, over: !isAsked, canBeCalledOff: asked.ok && vitals.heeds?.includes('resume') === true }
}

function isOn(easing: Easing, { state, active, reserved, scheduled = 0 }: Heard, now: number): boolean {
  if (easing.over || now >= easing.until) return false
  if (state !== 'quiet') return true
  easing.quietAt ??= now
  return active + reserved - scheduled > 0 && now < easing.quietAt + JOBS_MS
}

const waitFor = ({ pid, vitals }: Easable, system: System): Step => ({
  step: 'wait',
  for: 'stopped',
  pid,
  ...jobsOf(vitals),
  detail: 'asked to take no more jobs',
  untilMono: system.now() + LOOK_MS,
})

/** Who gives up leaves no wish behind that nobody waits for any more, nor a worker quiet that it does not stop. */
export async function stopAsking({ easing, memory, seen }: Run, system: System): Promise<void> {
  if (!easing) return
  if (!easing.over) await end(easing, system)
  const goesOn = !memory.signalled && (seen?.state.state === 'running' || seen?.state.state === 'quiet')
  if (goesOn && easing.canBeCalledOff) await system.symlink('resume', easing.wish)
}

/** A wish that was not heeded is taken back. */
async function end(easing: Easing, system: System): Promise<void> {
  easing.over = true
  if (easing.quietAt === undefined) await system.remove(easing.wish)
}

import { act } from '../node/act.ts'
import type { Claim } from '../node/claim.ts'
import { decide } from '../node/decide.ts'
import { claimPath } from '../node/files.ts'
import { Look } from '../node/look.ts'
import { observe, type Seen } from '../node/observe.ts'
import { recordAsRead } from '../node/record.ts'
import { release, releaseOwn } from '../node/recording.ts'
import type { Scene } from '../node/scene.ts'
import { isChange, type Settled, type Step } from '../node/step.ts'
import { stillAsSeen } from '../node/still-as-seen.ts'
import type { System } from '../system/port.ts'
import { marked } from './marked.ts'
import type { Pursuit } from './pursue.ts'
import type { Run } from './run.ts'

/** A node that does not settle within this many changes goes in circles: a bug, not a fact of life. */
const MOST_CHANGES = 50

/** What makes a look at the processes an old one. */
const TOUCHES_PROCESSES = new Set<Step['step']>(['resolve', 'launch', 'signal-leader', 'signal-rest', 'kill'])

/** One look and one decision. */
export async function decideNow(run: Run, look: Look, claimed?: Claim): Promise<Step> {
  const { system } = look
  const { target } = run.task
  run.seen = await observe(look, target, run.memory, {
    // Only who wants it up sees to it that the pidfile names it.
    pidfile: run.goal.goal === 'up' ? 'always' : 'if-needed',
    // By which it was just found.
    record: run.seen ? undefined : recordAsRead(system, target.pidfile),
    claimed,
  })
  if (run.goal.goal === 'killed' && run.seen.claims.top?.holder === 'alive')
    run.seen = await marked(run, run.seen, look)
  run.lookedAt = system.now()
  notice(run)
  return decideFrom(run, run.seen, system)
}

const decideFrom = (run: Run, seen: Seen, system: System): Step =>
  decide(run.goal, seen, { target: run.task.target, memory: run.memory, now: system.now(), since: run.since })

/**
 * Changes, looks, changes again, until there is nothing to change now; undefined: to be looked at anew. Called under the
 * directory's lock. What was decided before the lock was had is still good if it is to claim: that is exclusive, and what it
 * is good for is decided from the look that follows.
 */
export async function settle(run: Run, decided: Step, pursuit: Pursuit, shared: Look): Promise<Settled | undefined> {
  const { system } = pursuit
  let look = shared
  let step = decided.step === 'claim' ? decided : await decideNow(run, look)
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const scene = sceneOf(run, pursuit)
    if (!isChange(step)) {
      const released = await release(scene)
      return released.ok ? step : { step: 'fail', failure: released.error }
    }
    const before = run.memory.signalled
    const done = await act(step, scene)
    // A blind claim may not even be needed: the look will say.
    if (!done.ok && !isBlind(step)) return giveUp(run, pursuit, { step: 'fail', failure: done.error })
    // Its end is waited for together with that of the others. The claim was given back with the record of the signal.
    if (step.step === 'signal-leader' && run.memory.signalled !== before && waitsForEnd(run)) return undefined
    // A signal that found nobody has changed nobody.
    const isUntouched = step.step === 'signal-leader' && run.memory.signalled === before
    if (TOUCHES_PROCESSES.has(step.step) && !isUntouched) look = new Look(system)
    const known = await afterwards(step, scene)
    const claimed = step.step === 'claim' ? run.memory.claimed : undefined
    step = known ? decideFrom(run, (run.seen = known), system) : await decideNow(run, look, claimed)
    if (claimed) await takeBack(claimed, run, system)
  }
  throw new Error(`${run.task.target.name} does not settle: ${JSON.stringify(run.seen?.state)}`)
}

/** A claim that was made by an older record, and that nobody counts who reads the one that is there now. */
async function takeBack({ generation }: Claim, { seen, task }: Run, system: System): Promise<void> {
  const counts = seen && generation > (seen.record?.generation ?? 0) && generation < seen.claims.next
  if (!counts) await system.remove(claimPath(task.target.pidfile, generation))
}

/** What is there after a change, where that needs no whole look. */
async function afterwards(step: Step, { system, target, seen, memory }: Scene): Promise<Seen | undefined> {
  if (step.step === 'claim')
    return step.blind === 'unseen' ? undefined : stillAsSeen(system, target, seen, memory.claimed)
  return step.step === 'clear' ? cleared(seen) : undefined
}

const isBlind = (step: Step): boolean => step.step === 'claim' && step.blind !== undefined

/** Nothing lives, and under our claim nobody starts anything. */
const cleared = (seen: Seen): Seen => ({
  ...seen,
  state: { state: 'stopped' },
  pidfile: { is: 'absent' },
  leftover: false,
})

const waitsForEnd = ({ goal }: Run): boolean => goal.goal !== 'down' || goal.wait

/**
 * The claim goes back also when the change failed; that this may fail too does not hide the first failure. Not when it, or a dead
 * one below it, is all that tells of a worker which could not be recorded (a full disk): whoever comes next finds that one by it.
 */
async function giveUp(run: Run, pursuit: Pursuit, failure: Settled): Promise<Settled> {
  await decideNow(run, new Look(pursuit.system))
  const { memory, seen } = run
  const ours = !memory.launched || memory.launched.id === seen?.launch?.id
  const others = seen?.claims.abandoned.every(({ launch }) => memory.searched.has(launch))
  const scene = sceneOf(run, pursuit)
  if (ours && others) await release(scene)
  // Where nothing was started it tells of nothing: with every command that is refused there would be one more.
  else if (!memory.launched) await releaseOwn(scene)
  return failure
}

function sceneOf(run: Run, { system, emit, environmentNames }: Pursuit): Scene {
  if (!run.seen) throw new Error('a scene before the first look')
  return { system, emit, environmentNames, target: run.task.target, goal: run.goal, seen: run.seen, memory: run.memory }
}

/** What this command has now seen for itself: whom it waits for, and whom it will have stopped. */
function notice({ goal, memory, seen }: Run): void {
  if (!seen?.launch) return
  const { state } = seen.state
  const { identity, logOffset } = seen.launch
  const alive =
    state === 'starting' || state === 'running' || state === 'quiet' || state === 'draining' || state === 'orphaned'
  if (state === 'draining') memory.asked = seen.launch
  if (goal.goal !== 'up' && alive) memory.stopping ??= { pid: identity.pid, identity }
  // One that has said its last words is at its end: what is waited for then is that, to start the next one.
  const isBooting = state === 'starting' && seen.vitals?.state !== 'gone'
  if (goal.goal === 'up' && isBooting && !memory.launched) memory.joined ??= { pid: identity.pid, logOffset }
}

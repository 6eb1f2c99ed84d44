import type { Emit } from '../model/events.ts'
import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Done, Outcome } from '../model/outcome.ts'
import { ok } from '../model/result.ts'
import { directoryOf } from '../node/files.ts'
import { fromFault } from '../node/from-fault.ts'
import { Look } from '../node/look.ts'
import { isChange, type Settled, type Step } from '../node/step.ts'
import type { System } from '../system/port.ts'
import { ease, stopAsking } from './ease.ts'
import { completeFailure, standingOf } from './facts.ts'
import { admitted, type Gate } from './gate.ts'
import { glances } from './glance.ts'
import { groupBy } from './group-by.ts'
import { presume } from './presume.ts'
import { Run, type Task } from './run.ts'
import { decideNow, settle } from './settle.ts'
import { sweep } from './sweep.ts'

/** What the loop works with. Times in ms. */
export interface Pursuit {
  readonly system: System
  readonly emit: Emit
  readonly gate: Gate
  readonly waitLockMs: number
  /** An interruption ends the waiting, but not one of those so many that came before. Default 0. */
  readonly interruptionsBefore?: number
  /** Names in the caller's environment, for the records. */
  readonly environmentNames: readonly string[]
}

const FIRST_TICK_MS = 1
const LONGEST_TICK_MS = 100
const BREATHE_MS = 20
/** So many are started abreast. */
const ABREAST = 16

/** A node that is to be changed, and what was decided to do first. */
interface Changing {
  readonly run: Run
  readonly step: Step
}

/**
 * The loop: look at every node, do what is to be done, rest, look again, until each has reached its goal or failed.
 * It keeps nothing that a second command would not find on disk, so a killed one is finished by running it again.
 */
export async function pursue(tasks: readonly Task[], pursuit: Pursuit): Promise<Outcome[]> {
  const { system, gate } = pursuit
  const runs = tasks.map((task) => new Run(task, system.now()))
  const active = new Set<Run>()
  const pending = [...runs]
  let tick = FIRST_TICK_MS
  for (;;) {
    const failed = runs.some((run) => run.outcome?.result === 'failed')
    for (const run of pending.splice(0, admitted(gate, active.size, pending.length, failed))) {
      run.since = system.now()
      active.add(run)
    }
    if (active.size === 0) break
    if (isInterrupted(pursuit)) {
      for (const run of active) await giveUp(run, pursuit, standingOf(run))
      break
    }
    const moved = await round(active, pursuit)
    if (active.size === 0) continue
    if (!moved) announceWaiting(active, pursuit)
    tick = moved ? FIRST_TICK_MS : Math.min(LONGEST_TICK_MS, tick * 1.5)
    await system.rest(tick)
  }
  for (const run of pending) finish(run, pursuit, { result: 'failed', failure: heldBack(runs, pursuit) })
  // Also where nothing had to be changed: what a killed command left stays in nobody's way, but it would stay for ever.
  for (const [directory, there] of groupBy(runs, directoryOfRun)) await sweep(system, directory, there)
  return runs.map((run) => run.outcome as Outcome)
}

const isInterrupted = ({ system, interruptionsBefore = 0 }: Pursuit): boolean =>
  system.interruptions().length > interruptionsBefore

function heldBack(runs: readonly Run[], pursuit: Pursuit): Failure {
  if (isInterrupted(pursuit)) return { reason: 'interrupted', state: 'not touched' }
  const by = runs.find((run) => run.outcome?.result === 'failed')
  return { reason: 'halted', by: by?.task.target.name ?? '' }
}

/** A worker that has ended leaves files nearly always: so the look that finds them is one under the claim, and the only one. */
const CLEAR_UP: Step = { step: 'claim', purpose: 'stop', blind: 'unseen' }

/** One look at all of them; true when something has changed, so that the next look is worth taking at once. */
async function round(active: Set<Run>, pursuit: Pursuit): Promise<boolean> {
  // First all the cheap looks: then one snapshot of /proc, if any is needed, shows the end of all who are found to be gone.
  const { system } = pursuit
  const look = new Look(system)
  const due = new Map<Run, Step | undefined>()
  for (const [run, found] of await glances(active, look)) {
    if (found === 'still waiting') continue
    due.set(run, found === 'gone' ? CLEAR_UP : run.seen ? undefined : await presume(run, system))
  }
  const changing: Changing[] = []
  let moved = false
  for (const [run, known] of due) {
    const step = known ?? (await ease(run, await decideNow(run, look), system))
    if (isChange(step)) changing.push({ run, step })
    else moved = (await conclude(run, step, pursuit, active)) || moved
  }
  return (await change(changing, pursuit, active)) || moved
}

/** Takes a goal's end; true when the node got anywhere. */
async function conclude(run: Run, step: Settled, pursuit: Pursuit, active: Set<Run>): Promise<boolean> {
  const { system } = pursuit
  if (step.step === 'wait') {
    run.standing = step
    if (step.for !== 'claim') {
      run.claimedSince = undefined
      return false
    }
    run.contended = true
    if (system.now() - (run.claimedSince ??= system.now()) < pursuit.waitLockMs) return false
    await giveUp(run, pursuit, await lockedBy(run, pursuit), active)
    return true
  }
  if (step.step === 'fail') {
    await giveUp(run, pursuit, await completeFailure(run, step.failure, system), active)
  } else if (!run.advance(system.now())) {
    finish(run, pursuit, outcomeOf(run, step.done), active)
  }
  return true
}

const outcomeOf = (run: Run, done: Done): Done =>
  done.result === 'started' && run.task.goals.length > 1
    ? { ...done, result: 'restarted', ...(run.wasPid === undefined ? {} : { wasPid: run.wasPid }) }
    : done

async function lockedBy(run: Run, { waitLockMs }: Pursuit): Promise<Failure> {
  const holder = run.seen?.claims.top?.claim.owner.pid
  return {
    reason: 'locked',
    path: run.task.target.pidfile,
    afterMs: waitLockMs,
    ...(holder === undefined ? {} : { holder }),
  }
}

/** All changes of one round, directory by directory. */
async function change(changing: readonly Changing[], pursuit: Pursuit, active: Set<Run>): Promise<boolean> {
  const byDirectory = groupBy(changing, ({ run }) => directoryOfRun(run))
  for (const [directory, those] of byDirectory) await changeTogether(directory, those, pursuit, active)
  return changing.length > 0
}

const directoryOfRun = (run: Run): AbsPath => directoryOf(run.task.target.pidfile)

async function changeTogether(
  directory: AbsPath,
  changing: readonly Changing[],
  pursuit: Pursuit,
  active: Set<Run>,
): Promise<void> {
  const { system } = pursuit
  // The claims decide; the lock is the queue of those who have found one taken. Nobody waits in it for a node that is free.
  const queued = changing.some(({ run }) => run.contended)
  const lock = queued ? await system.lock(directory, pursuit.waitLockMs) : ok(undefined)
  const refused: Failure | undefined = !lock.ok
    ? fromFault({ ...lock.error, path: directory }, 'lock the directory', '--pidfile')
    : queued && !lock.value
      ? { reason: 'locked', path: directory, afterMs: pursuit.waitLockMs }
      : undefined
  const look = new Look(system)
  let breathed = system.now()
  try {
    for (const some of abreast(changing)) {
      await all(
        some.map(async ({ run, step }) => {
          // Killing waits for nobody and needs nothing that a full or foreign disk could refuse.
          if (refused && run.goal.goal !== 'killed') return giveUp(run, pursuit, refused, active)
          run.standing = undefined
          const settled = await settle(run, step, pursuit, look)
          if (settled) await conclude(run, settled, pursuit, active)
        }),
      )
      // The lock must be refreshed, and children be reaped, also while a thousand are started.
      if (system.now() - breathed >= BREATHE_MS) {
        await system.breathe()
        breathed = system.now()
      }
    }
  } finally {
    if (lock.ok) await lock.value?.release()
  }
}

/**
 * Those that are to be up are started some abreast: each takes its next step when the others have taken theirs. After a fork(2) each
 * page costs a fault when it is first written to, so forks that follow upon each other are the cheapest. Others go one by one: who
 * is killed between a signal and its record leaves one worker that may get the signal again, and not many.
 */
function* abreast(changing: readonly Changing[]): Generator<readonly Changing[]> {
  let some: Changing[] = []
  for (const one of changing) {
    if (some.length === ABREAST || !some.every((other) => mayGoAbreast(one.run, other.run))) {
      yield some
      some = []
    }
    some.push(one)
  }
  if (some.length > 0) yield some
}

/** Two with one log do not: by its log a worker is found whose starter was killed, and it must be clear whose it is. */
const mayGoAbreast = (one: Run, other: Run): boolean =>
  isToBeStarted(one) && isToBeStarted(other) && one.task.target.logfile !== other.task.target.logfile

/** Not one that this command has started: what it does with that is give it up. */
const isToBeStarted = ({ goal, memory }: Run): boolean => goal.goal === 'up' && !memory.launched && !memory.joined

/** When one fails, the others come to their own end before it is said. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  if (work.length === 1) return work[0]
  for (const one of await Promise.allSettled(work)) if (one.status === 'rejected') throw one.reason
}

async function giveUp(run: Run, pursuit: Pursuit, failure: Failure, active?: Set<Run>): Promise<void> {
  await stopAsking(run, pursuit.system)
  finish(run, pursuit, { result: 'failed', failure }, active)
}

function finish(
  run: Run,
  { system, emit }: Pursuit,
  end: Done | { readonly result: 'failed'; readonly failure: Failure },
  active?: Set<Run>,
): void {
  const { target } = run.task
  // One that was running already logs where it was told then, whatever the line says.
  const logfile = end.result === 'already-running' ? run.seen?.record?.logfile : undefined
  run.outcome = {
    target: logfile === undefined ? target : { ...target, logfile },
    ms: system.now() - run.begun,
    ...end,
  }
  active?.delete(run)
  emit({ event: 'outcome', outcome: run.outcome })
}

function announceWaiting(active: ReadonlySet<Run>, { system, emit }: Pursuit): void {
  const now = system.now()
  for (const what of ['ready', 'stopped'] as const) {
    const nodes = [...active]
      .filter(({ standing }) => standing?.for === what)
      .map(({ task, standing, since }) => ({
        target: task.target,
        sinceMs: now - since,
        ...(standing?.pid === undefined ? {} : { pid: standing.pid }),
        ...(standing?.detail === undefined ? {} : { detail: standing.detail }),
        ...(standing?.jobs === undefined ? {} : { jobs: standing.jobs }),
        ...(standing?.oldestMs === undefined ? {} : { oldestMs: standing.oldestMs }),
      }))
    if (nodes.length > 0) emit({ event: 'waiting', for: what, nodes })
  }
}

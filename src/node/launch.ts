import type { Failure } from '../model/failure.ts'
import type { LaunchId } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { LaunchPlan } from '../model/spec.ts'
import { HIDDEN, type LogHandle, type System } from '../system/port.ts'
import { wishPath } from './files.ts'
import { fromFault } from './from-fault.ts'
import type { UpGoal } from './goal.ts'
import type { Launch, SavedPlan } from './record.ts'

/** Starts it when it is its turn. */
export async function launch(system: System, goal: UpGoal, id: LaunchId): Promise<Result<Launch, Failure>> {
  const { vitals } = goal.plan
  // An older worker's last words must not be taken for the new one's first.
  if (vitals) await system.remove(vitals)
  if (vitals) await system.remove(wishPath(vitals))
  return inTurn(system, () => begin(system, goal, id))
}

const turns = new WeakMap<System, Promise<unknown>>()

/**
 * Those who come at the same moment one after the other, so that no more than one log is open; nobody goes on before all have had
 * their turn, so that nothing is written to between two forks (`abreast` in fleet/pursue.ts says why).
 */
async function inTurn<T>(system: System, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(system) ?? Promise.resolve()).then(work)
  turns.set(
    system,
    mine.catch(() => undefined),
  )
  await mine
  await turns.get(system)
  return mine
}

/** Opens the log, then spawns: what the worker says before it has a logger of its own is kept. */
async function begin(
  system: System,
  { plan, startMs, foreground = false }: UpGoal,
  id: LaunchId,
): Promise<Result<Launch, Failure>> {
  const log = foreground ? ok('terminal' as const) : await openLog(system, plan)
  if (!log.ok) return log
  const startedAt = system.wall()
  const { argv, cwd, umask } = plan
  const env = { ...plan.env, MULTI_LAUNCH: id, ...(plan.vitals ? { MULTI_VITALS: plan.vitals } : {}) }
  const spawned = await system.spawn({ argv, cwd, env, log: log.value, ...(umask === undefined ? {} : { umask }) })
  // Not before: a fork may take long, and that is no part of its life.
  const startedMono = system.now()
  if (log.value !== 'terminal') await system.closeLog(log.value)
  if (!spawned.ok) return err(await spawnFailure(system, plan, spawned.error.code))
  const identity = spawned.value
  // On the terminal it may still log to that file by itself: what earlier ones wrote there is none of its words.
  const logOffset = log.value === 'terminal' ? ((await system.statTarget(plan.logfile))?.size ?? 0) : log.value.offset
  const vitals = plan.vitals ? { vitals: { path: plan.vitals, uid: plan.uid ?? system.self.uid } } : {}
  return ok({
    host: system.self.hostname,
    ...vitals,
    id,
    identity,
    pgid: identity.pid,
    startedAt,
    startedMono,
    startMs,
    logOffset,
    adopted: false,
  })
}

async function openLog(system: System, plan: LaunchPlan): Promise<Result<LogHandle, Failure>> {
  // Root must not be led through a symlink that the worker's user may have put there.
  const followSymlink = plan.uid === undefined || plan.uid === system.self.uid
  const log = await system.openLog(plan.logfile, { followSymlink })
  return log.ok ? log : err(fromFault(log.error, `open the log of ${plan.name}`, '--logfile'))
}

/** Why its log cannot be opened, if so: for who is about to stop a worker that shall come back. */
export async function logRefused(system: System, plan: LaunchPlan): Promise<Failure | undefined> {
  const log = await openLog(system, plan)
  if (!log.ok) return log.error
  await system.closeLog(log.value)
  return undefined
}

/** ENOENT is said of a missing program, a missing interpreter and a missing directory alike: look which. */
async function spawnFailure(system: System, plan: LaunchPlan, code: string): Promise<Failure> {
  const [program] = plan.argv
  if ((await system.statTarget(plan.cwd))?.kind !== 'directory') {
    return { reason: 'no-directory', path: plan.cwd, what: 'the working directory' }
  }
  if (code === HIDDEN) return { reason: 'bad-configuration', message: unseen(plan), hint: UNHIDE }
  if (code !== 'ENOENT') return fromFault({ code, call: 'spawn', path: program }, `start ${plan.name}`)
  const there = await system.statTarget(program)
  return {
    reason: 'not-found',
    what: there ? `the interpreter of ${program}` : program,
    tried: [program],
  }
}

const UNHIDE = 'mount /proc without hidepid, or take the capabilities from the program'

const unseen = ({ name, argv: [program] }: LaunchPlan): string =>
  `/proc does not show the worker of ${name} (${program}) to its own user, so it could be neither watched nor stopped, and was ended again`

/** What is kept of a plan. Of the caller's environment the names, so that a later restart can say what is missing. */
export function savedPlan(plan: LaunchPlan, environmentNames: readonly string[]): SavedPlan {
  const env = Object.fromEntries(Object.entries(plan.env).filter(([name]) => !plan.unrecorded?.includes(name)))
  return { ...plan, env, environmentNames }
}

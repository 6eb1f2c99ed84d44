import { fromFault } from './from-fault.ts'
import type { Failure } from '../model/failure.ts'
import type { LaunchId } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { LaunchPlan } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import type { Launch, SavedPlan } from './record.ts'

/** Opens the log, then spawns: what the worker says before it has a logger of its own is kept. */
export async function launch(system: System, plan: LaunchPlan, id: LaunchId, startMs: number): Promise<Result<Launch, Failure>> {
  const log = await system.openLog(plan.logfile, { followSymlink: plan.uid === undefined || plan.uid === system.self.uid })
  if (!log.ok) return err(fromFault(log.error, `open the log of ${plan.name}`, '--logfile'))
  const startedAt = system.wall()
  const startedMono = system.now()
  const spawned = await system.spawn({
    argv: plan.argv,
    cwd: plan.cwd,
    env: { ...plan.env, MULTI_LAUNCH: id },
    log: log.value,
    ...(plan.umask === undefined ? {} : { umask: plan.umask }),
  })
  await system.closeLog(log.value)
  if (!spawned.ok) return err(await spawnFailure(system, plan, spawned.error.code))
  const identity = spawned.value
  return ok({ id, identity, pgid: identity.pid, startedAt, startedMono, startMs, logOffset: log.value.offset, adopted: false })
}

/** ENOENT is said of a missing program, a missing interpreter and a missing directory alike: look which. */
async function spawnFailure(system: System, plan: LaunchPlan, code: string): Promise<Failure> {
  const [program] = plan.argv
  if ((await system.statTarget(plan.cwd))?.kind !== 'directory') {
    return { reason: 'no-directory', path: plan.cwd, what: 'the working directory' }
  }
  if (code !== 'ENOENT') return fromFault({ code, call: 'spawn', path: program }, `start ${plan.name}`)
  const there = await system.statTarget(program)
  return {
    reason: 'not-found',
    what: there ? `the interpreter of ${program}` : program,
    tried: [program],
  }
}

/** What is kept of a plan. Of the caller's environment the names, so that a later restart can say what is missing. */
export const savedPlan = (plan: LaunchPlan, environmentNames: readonly string[]): SavedPlan => ({ ...plan, environmentNames })

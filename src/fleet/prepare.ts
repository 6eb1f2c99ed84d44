import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { LaunchPlan } from '../model/spec.ts'
import { directoryOf } from '../node/files.ts'
import { fromFault } from '../node/from-fault.ts'
import type { FileFacts, System } from '../system/port.ts'
import { makeDirectories } from './make-directories.ts'

/**
 * Sees to it that the worker's files can be where they shall be, before anything is started: a worker that cannot write
 * its log or pidfile dies where nobody reads why. Directories made here go to the worker's user; others are left alone.
 */
export async function prepare(
  system: System,
  plan: LaunchPlan,
  /** Directories that were found good for an earlier node of this command, and for whom. */
  good: Set<string> = new Set(),
): Promise<Failure | undefined> {
  const { pidfile, logfile, uid, gid, pidfileOwner } = plan
  const key = [directoryOf(pidfile), directoryOf(logfile), uid, gid, pidfileOwner].join('\0')
  const failure = good.has(key) ? undefined : await prepareDirectories(system, plan)
  if (failure) return failure
  good.add(key)
  return uid === undefined || uid === system.self.uid ? checkLog(system, plan) : prepareLog(system, plan, uid)
}

/** What opening it would say, before a restart has stopped what then cannot be started again. */
async function checkLog(system: System, { name, logfile }: LaunchPlan): Promise<Failure | undefined> {
  const there = await system.statTarget(logfile)
  if (there?.kind === 'directory') return noLog('EISDIR', name, logfile)
  const mayOpen = await system.access(there ? logfile : directoryOf(logfile), 'write')
  return mayOpen ? undefined : noLog('EACCES', name, logfile)
}

const noLog = (code: string, name: string, logfile: AbsPath): Failure =>
  fromFault({ code, call: 'open', path: logfile }, `open the log of ${name}`, '--logfile')

async function prepareDirectories(system: System, plan: LaunchPlan): Promise<Failure | undefined> {
  const places: [AbsPath, string][] = [
    [plan.pidfile, '--pidfile'],
    [plan.logfile, '--logfile'],
  ]
  for (const [file, option] of places) {
    const failure = await prepareDirectory(system, plan, directoryOf(file), option)
    if (failure) return failure
  }
  return checkPidfileDirectory(system, plan)
}

async function prepareDirectory(
  system: System,
  plan: LaunchPlan,
  directory: AbsPath,
  option: string,
): Promise<Failure | undefined> {
  const made = await makeDirectories(system, directory, system.self.uid === 0 ? 0o755 : 0o700)
  if (!made.ok) return fromFault(made.error, `make the directory of ${option} for ${plan.name}`, option)
  const last = made.value.at(-1)
  if (plan.uid === undefined || last !== directory) return undefined
  const given = await system.changeOwner(directory, plan.uid, plan.gid ?? system.self.gid)
  return given.ok ? undefined : fromFault(given.error, `give the directory of ${option} to uid ${plan.uid}`)
}

async function checkPidfileDirectory(system: System, plan: LaunchPlan): Promise<Failure | undefined> {
  const { uid, gid } = plan
  const pidfileDirectory = directoryOf(plan.pidfile)
  if (!(await system.access(pidfileDirectory, 'write'))) {
    return {
      reason: 'denied',
      what: `write the pidfile of ${plan.name} in`,
      path: pidfileDirectory,
      option: '--pidfile',
    }
  }
  if (uid === undefined || uid === system.self.uid) return undefined
  if (plan.pidfileOwner === 'worker' && !mayWrite(await system.statTarget(pidfileDirectory), uid, gid)) {
    return {
      reason: 'denied',
      what: `write the pidfile of ${plan.name} in`,
      path: pidfileDirectory,
      option: '--pidfile',
      user: `uid ${uid}`,
    }
  }
  return undefined
}

/** The log of another user's worker: made for that user if it is not there, refused if that user could not write it. */
async function prepareLog(system: System, plan: LaunchPlan, uid: number): Promise<Failure | undefined> {
  const { logfile, gid } = plan
  const there = await system.statTarget(logfile)
  if (!there) {
    const made = await system.createFile(logfile, '', 0o640, { uid, gid: gid ?? system.self.gid })
    return made.ok ? undefined : fromFault(made.error, `make the log of ${plan.name} for uid ${uid}`, '--logfile')
  }
  if (there.kind === 'directory') return noLog('EISDIR', plan.name, logfile)
  // It would not be followed: see `begin` in node/launch.ts.
  if ((await system.stat(logfile))?.kind === 'symlink') return noLog('ELOOP', plan.name, logfile)
  if (there.kind === 'other' || mayWrite(there, uid, gid)) return undefined
  return {
    reason: 'denied',
    what: `write the log of ${plan.name}`,
    path: logfile,
    option: '--logfile',
    user: `uid ${uid}`,
  }
}

/** By the permission bits, for a user who is not us. Supplementary groups are not looked up: the group bit is given the benefit. */
function mayWrite(facts: FileFacts | undefined, uid: number, gid: number | undefined): boolean {
  if (!facts || uid === 0) return true
  if (facts.uid === uid) return (facts.mode & 0o200) !== 0
  if (facts.gid === gid || gid === undefined) return (facts.mode & 0o022) !== 0
  return (facts.mode & 0o002) !== 0 || (facts.mode & 0o020) !== 0
}

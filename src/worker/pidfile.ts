import { chmodSync, linkSync, lstatSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { looksLikePidfile } from '../model/pidfile-looks.ts'
import { err, ok, type Result } from '../model/result.ts'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** File systems without hard links (some FUSE, some container mounts) answer with one of these, link(2). */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])
/** Clock ticks per second in /proc/PID/stat: USER_HZ, 100 wherever Node runs. */
const TICKS = 100
/** The clock of the file system and boot time are both coarse. */
const TOLERANCE_MS = 2000

const pidIn = (text: string): number | undefined => (/^\d+\n?$/.test(text) ? Number(text) : undefined)

/** When a live process began, wall ms; undefined for a dead one, which a zombie is. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name stands in parentheses and may contain anything; fields are counted from behind it (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Field 20, the threads: others may live on without the main one.
    if ((fields[0] === 'Z' && Number(fields[17]) <= 1) || fields[0] === 'X') return undefined
    const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]
    return Number(boot) * 1000 + (Number(fields[19]) * 1000) / TICKS
  } catch {
    return undefined
  }
}

/** Whose pidfile it is: a live process that is not younger than the file. A younger one only got its number. */
function ownerOf(pidfile: string): Result<number | undefined, string> {
  try {
    const facts = lstatSync(pidfile)
    if (!facts.isFile()) return err(`${pidfile} is not a plain file`)
    const text = readFileSync(pidfile, 'utf8')
    if (!looksLikePidfile(text)) return err(`${pidfile} is no pidfile: it is left alone`)
    const pid = pidIn(text)
    const start = pid === undefined || pid === process.pid ? undefined : startOf(pid)
    return ok(start !== undefined && start <= facts.mtimeMs + TOLERANCE_MS ? pid : undefined)
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? ok(undefined) : err(`cannot read ${pidfile}: ${codeOf(error)}`)
  }
}

/** Whether somebody who runs has it. The error is a sentence. */
export function checkPidfile(pidfile: string): Result<void, string> {
  const owner = ownerOf(pidfile)
  if (!owner.ok) return owner
  return owner.value === undefined
    ? ok(undefined)
    : err(`${pidfile} is the pidfile of process ${owner.value}, which runs`)
}

/** Takes a stale one away, and puts it back if it was somebody's after all: two hosts may find the same stale file. */
function setAside(pidfile: string, aside: string): Result<void, string> {
  try {
    renameSync(pidfile, aside)
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? ok(undefined) : err(`cannot replace ${pidfile}: ${codeOf(error)}`)
  }
  const free = checkPidfile(aside)
  if (free.ok) unlinkSync(aside)
  else renameSync(aside, pidfile)
  return free
}

/** A file with all of its content appears under its name at once, and only if nothing has that name: link(2). */
function appear(fresh: string, pidfile: string): 'done' | 'taken' {
  try {
    linkSync(fresh, pidfile)
    return 'done'
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'taken'
    if (!NO_LINKS.has(codeOf(error) ?? '')) throw error
    if (lstatSync(pidfile, { throwIfNoEntry: false }) !== undefined) return 'taken'
    renameSync(fresh, pidfile)
    return 'done'
  }
}

function claim(fresh: string, pidfile: string): Result<void, string> {
  // Each round either ends or has removed a stale file; others may put new ones, but not for ever.
  for (let round = 0; round < 3; round += 1) {
    if (appear(fresh, pidfile) === 'done') return ok(undefined)
    const free = checkPidfile(pidfile)
    if (!free.ok) return free
    const cleared = setAside(pidfile, `${fresh}.stale`)
    if (!cleared.ok) return cleared
  }
  return err(`${pidfile} is being written by others`)
}

/** Writes our pid: digits and a newline, nothing else, as init scripts read it. The error is a sentence. */
export function writePidfile(pidfile: string): Result<void, string> {
  const fresh = `${pidfile}.${process.pid}`
  try {
    // A predecessor with our number may have been killed right here. O_EXCL follows no symlink, and the umask has no say.
    removeQuietly(fresh)
    writeFileSync(fresh, `${process.pid}\n`, { mode: 0o644, flag: 'wx' })
    chmodSync(fresh, 0o644)
    return claim(fresh, pidfile)
  } catch (error) {
    return err(`cannot write ${pidfile}: ${codeOf(error) ?? String(error)}`)
  } finally {
    removeQuietly(fresh)
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Not there, or not ours to remove: both are what we want.
  }
}

/** At exit, and only if it still names us: a successor may have written its own. */
export function removePidfile(pidfile: string): void {
  try {
    if (pidIn(readFileSync(pidfile, 'utf8')) === process.pid) unlinkSync(pidfile)
  } catch {
    // Gone already, or unreadable; multi removes what a dead worker left.
  }
}

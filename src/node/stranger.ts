import { type Identity, isDead, isKernelThread, type ProcessFacts } from '../model/process.ts'
import type { Target } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import { brief } from './brief.ts'
import type { PidfileRead } from './pidfile.ts'

/** What a pidfile proves about the process that it names, when no record of ours says more. */
export type Named =
  | { readonly is: 'worker'; readonly facts: ProcessFacts }
  | { readonly is: 'stale'; readonly why: string }
  | { readonly is: 'unknown'; readonly why: string }

/** Whom this command has taken for the worker before. */
type Known = Pick<Identity, 'pid' | 'startTicks'>

/** File times and /proc/stat's btime are coarse: a process may seem this much younger than the file it wrote itself. */
const TOLERANCE_MS = 2000

/**
 * Is the process that this pidfile names the worker? Yes, if it is older than the file, of the user who owns the file, and its
 * command line or environment says so. A younger process is a stranger that got a dead worker's pid, unless they say so.
 */
export async function judgePidfile(
  system: System,
  target: Target,
  pidfile: Extract<PidfileRead, { is: 'pid' }>,
  known?: Known,
): Promise<Named> {
  const { pid } = pidfile
  const stale = (why: string): Named => ({ is: 'stale', why: `the pidfile names pid ${pid}, ${why}` })
  if (pid === 1) return stale('which is the init process')
  if (pid === system.self.identity.pid) return stale('which is this very command')
  const read = await system.process(pid)
  if (read.found === 'nothing') return stale('which is gone')
  if (read.found === 'unreadable') return { is: 'unknown', why: `pid ${pid} of the pidfile cannot be looked at` }
  if (isDead(read.facts)) return stale('which is dead (a zombie)')
  const judged = await judgeProcess(system, target, pidfile, read.facts, known)
  if (judged.is !== 'unknown') return judged
  // What cannot be read of a process that has just ended is no riddle.
  const now = await system.process(pid)
  const same = now.found === 'process' && now.facts.startTicks === read.facts.startTicks && !isDead(now.facts)
  return same || now.found === 'unreadable' ? judged : stale('which is gone')
}

async function judgeProcess(
  system: System,
  target: Target,
  pidfile: Extract<PidfileRead, { is: 'pid' }>,
  facts: ProcessFacts,
  known: Known | undefined,
): Promise<Named> {
  const { pid } = facts
  const bootedAt = system.bootedAt()
  if (bootedAt === undefined) return { is: 'unknown', why: `the age of pid ${pid} of the pidfile cannot be known` }
  const startedAt = bootedAt + (facts.startTicks * 1000) / system.ticksPerSecond
  const stranger = (why: string): Named => ({ is: 'stale', why: `the pidfile names pid ${pid}, a stranger (${why})` })
  const uid = await system.realUid(pid)
  if (uid === undefined) return { is: 'unknown', why: `the owner of pid ${pid} of the pidfile cannot be known` }
  // A file of user U may lead only to U's processes: else U could have root signal anyone. Root's own files may lead anywhere.
  if (pidfile.uid !== uid && pidfile.uid !== 0) return stranger('of another user than the pidfile')
  const judged = await judgeCommand(system, target, facts)
  const wasIt = known?.pid === pid && known.startTicks === facts.startTicks
  if (wasIt || startedAt <= pidfile.mtimeMs + TOLERANCE_MS) return judged
  // Start times are counted from a boot that moves with the wall clock, and a file's time does not: who was there when the clock was
  // stepped forward (the first NTP of a machine without an RTC) seems younger than what it wrote.
  return judged.is === 'worker'
    ? { is: 'unknown', why: `pid ${pid} of the pidfile is like this node's worker, but younger than the file` }
    : stranger('it is younger than the pidfile')
}

async function judgeCommand(system: System, target: Target, facts: ProcessFacts, mayWait = true): Promise<Named> {
  const { pid } = facts
  const environ = await system.environ(pid)
  if (environ?.get('MULTI_PIDFILE') === target.pidfile) return { is: 'worker', facts }
  const words = await system.commandLine(pid)
  if (words === undefined) return { is: 'unknown', why: `the command line of pid ${pid} of the pidfile cannot be read` }
  const cwd = await system.workingDirectory(pid)
  if (mentions(words, target, cwd)) return { is: 'worker', facts }
  const isBlank = environ === undefined || (environ.size === 0 && words.length === 0)
  if ((isBlank && !isKernelThread(facts)) || facts.state === 'Z')
    return mayWait ? judgeBlank(system, target, facts) : riddle(facts)
  return {
    is: 'stale',
    why: `the pidfile names pid ${pid}, a stranger (${brief(words, 60) || 'a kernel thread'})`,
  }
}

const LOOKS_AT_A_BLANK = 50
const BETWEEN_LOOKS_MS = 10

const riddle = ({ pid }: ProcessFacts): Named => ({
  is: 'unknown',
  why: `pid ${pid} of the pidfile cannot be told from a stranger`,
})

/**
 * A process that is ending, or whose main thread has, lost its memory, and with it what it could be told by, before it is dead. One
 * in the middle of execve(2) has the next one, and nothing in it yet.
 */
async function judgeBlank(system: System, target: Target, facts: ProcessFacts): Promise<Named> {
  const { pid, startTicks } = facts
  for (let looks = 0; looks < LOOKS_AT_A_BLANK; looks++) {
    const read = await system.process(pid)
    const gone = read.found === 'nothing' || (read.found === 'process' && read.facts.startTicks !== startTicks)
    if (gone || (read.found === 'process' && isDead(read.facts))) {
      return { is: 'stale', why: `the pidfile names pid ${pid}, which is gone` }
    }
    if ((await system.environ(pid))?.size || (await system.commandLine(pid))?.length !== 0)
      return judgeCommand(system, target, facts, false)
    await system.rest(BETWEEN_LOOKS_MS)
  }
  return riddle(facts)
}

/**
 * Does a command line name this node or its pidfile? Programs that rewrite their title (setproctitle) put it all into one
 * word: `[celeryd: w1@host:MainProcess] -active- (worker -n w1@host --pidfile=…)`, so words are split once more.
 */
function mentions(words: readonly string[], { name, pidfile }: Target, cwd: string | undefined): boolean {
  const tokens = words.flatMap((word) => word.split(/[\s()[\]]+/))
  return tokens.some((token) => {
    const value = token.slice(token.indexOf('=') + 1)
    if (value === name || value.startsWith(`${name}:`) || value === pidfile) return true
    return (
      cwd !== undefined && !value.startsWith('/') && value !== '' && `${cwd}/${value.replace(/^\.\//, '')}` === pidfile
    )
  })
}

import { readdirSync, readFileSync } from 'node:fs'
import type { ProcessFacts } from '../model/process.ts'
import { codeOfRead, stackless } from './fault.ts'
import type { ProcessRead } from './port.ts'
import { readFacts } from './proc.ts'

/** What is read of /proc to look at everyone. */
export interface Proc {
  readonly listed: () => Iterable<number>
  /** The last that was given out. */
  readonly last: () => number
  /** Not a thread. */
  readonly isProcess: (pid: number) => boolean
  readonly read: (pid: number) => ProcessRead
}

/** A process that is being forked has its number before anyone can see it. */
const BEING_BORN = 16
/** A machine that forks faster than we look is looked at so long and no longer, and so often. */
const MOST_BORN = 10_000
const MOST_LOOKS = 20

/**
 * Everyone that /proc shows us. To list it and then to read it is no look at one moment: who forks and exits in between would be
 * there in neither, and a group that hands itself on in that way would seem empty. So who was born meanwhile is looked at too,
 * until nobody was: pids are given out in order (pid_namespaces(7)), and /proc/loadavg ends with the last one, proc(5). Throws where
 * that never comes to an end: half a look says that somebody is gone who is not.
 */
export function snapshot(proc: Proc = real): ProcessFacts[] {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const found = everyone(proc)
    if (found) return [...found.values()]
  }
  throw Object.assign(new Error('processes come and go faster than they can be looked at'), {
    code: 'EAGAIN',
    syscall: 'list',
    path: '/proc',
  })
}

/** Undefined: pids came to the end of their circle meanwhile and began anew, or there was no end of those who were born. */
function everyone(proc: Proc): Map<number, ProcessFacts> | undefined {
  const found = new Map<number, ProcessFacts>()
  const see = (pid: number): void => {
    const read = proc.read(pid)
    if (read.found === 'process') found.set(pid, read.facts)
  }
  let last = proc.last()
  for (const pid of proc.listed()) see(pid)
  let from = last - BEING_BORN
  for (let born = 0; born < MOST_BORN; ) {
    const now = proc.last()
    if (now < last) return undefined
    for (let pid = Math.max(from + 1, 1); pid <= now; pid++, born++) {
      if (!found.has(pid) && proc.isProcess(pid)) see(pid)
    }
    if (now === last) return found
    from = now - BEING_BORN
    last = now
  }
  return undefined
}

function listed(): number[] {
  const pids: number[] = []
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0)
    if (first >= 48 && first <= 57) pids.push(Number(name))
  }
  return pids
}

function lastPid(): number {
  try {
    const text = readFileSync('/proc/loadavg', 'latin1')
    return Number(text.slice(text.lastIndexOf(' ')))
  } catch (error) {
    codeOfRead(error)
    return 0
  }
}

/** /proc has a directory for each thread as well, which listing it does not show. */
function isProcess(pid: number): boolean {
  try {
    const status = stackless(() => readFileSync(`/proc/${pid}/status`, 'latin1'))
    return new RegExp(`^Tgid:\\s+${pid}$`, 'm').test(status)
  } catch (error) {
    codeOfRead(error)
    return false
  }
}

const real: Proc = { listed, last: lastPid, isProcess, read: readFacts }

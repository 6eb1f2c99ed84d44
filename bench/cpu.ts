import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Fields 3 and on of /proc/PID/stat, proc(5): the name in front of them may hold anything. */
function statOf(pid: string | number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const seconds = (fields: readonly string[]): number =>
  fields.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND

/** Of a process in that group: CPU seconds of its own and of the children that it has waited for; 0 of any other. */
function secondsIn(group: number, pid: string): number {
  try {
    const fields = statOf(pid)
    // utime, stime, cutime and cstime.
    return Number(fields[2]) === group ? seconds(fields.slice(11, 15)) : 0
  } catch {
    return 0 // Ended meanwhile: then its parent has its time.
  }
}

/** What a whole process group has used so far, CPU seconds. */
export const cpuSeconds = (group: number): number =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => sum + secondsIn(group, pid), 0)

/** Of all commands that this process has run and waited for, with what these have waited for, CPU seconds. */
export const cpuOfCommands = (): number => seconds(statOf('self').slice(13, 15))

/**
 * What a process that runs has used itself, CPU seconds. By the scheduler's count: a thousand processes that have each
 * used less than one tick of /proc/PID/stat would have used nothing.
 */
export function cpuOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const used = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0])
  return used.reduce((sum, nanoseconds) => sum + Number(nanoseconds), 0) / 1e9
}

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Of a process in that group: CPU seconds of its own and of the children that it has waited for; 0 of any other. */
function secondsIn(group: number, pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // Fields 3 to 17, proc(5): the name in front may hold anything. utime, stime, cutime and cstime are the last four.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(fields[2]) !== group) return 0
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND
  } catch {
    return 0 // Ended meanwhile: then its parent has its time.
  }
}

/** What a whole process group has used so far, CPU seconds. */
export const cpuSeconds = (group: number): number =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => sum + secondsIn(group, pid), 0)

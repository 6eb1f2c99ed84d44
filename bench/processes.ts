import { readdirSync, readFileSync } from 'node:fs'

/** Put into the environment of everything that a benchmark starts, so that all of it can be found again. */
export const TOKEN = 'MULTI_BENCH'

export interface Found {
  readonly pid: number
  readonly command: string
  readonly startTicks: number
}

/** Everyone alive who carries this token, this process aside. Zombies have no environment, so they are not among them. */
export function carriers(token: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && carries(name, token))
    .flatMap((name) => facts(Number(name)))
}

const carries = (pid: string, token: string): boolean => saysOf(pid, token) === 'carries'

/** `nothing`: in the middle of execve(2) a process has its new name already, and no environment yet. */
export function saysOf(pid: string, token: string): 'carries' | 'carries not' | 'nothing' {
  try {
    const environ = readFileSync(`/proc/${pid}/environ`, 'latin1')
    if (environ === '') return 'nothing'
    return environ.split('\0').includes(`${TOKEN}=${token}`) ? 'carries' : 'carries not'
  } catch {
    return 'carries not' // Ended meanwhile, or a stranger's.
  }
}

function facts(pid: number): Found[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const command = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    // Field 22, proc(5), counted behind the name.
    return [{ pid, command, startTicks: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) }]
  } catch {
    return []
  }
}

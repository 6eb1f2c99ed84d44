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

export function carries(pid: string, token: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${TOKEN}=${token}`)
  } catch {
    return false // Ended meanwhile, or a stranger's.
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

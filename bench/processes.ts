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
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => facts(Number(name), `${TOKEN}=${token}`))
}

function facts(pid: number, entry: string): Found[] {
  try {
    if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(entry)) return []
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const command = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    // Field 22, proc(5), counted behind the name.
    return [{ pid, command, startTicks: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) }]
  } catch {
    return [] // Ended meanwhile, or a stranger's.
  }
}

import { readFileSync } from 'node:fs'

export interface Pages {
  /** Of this process alone, kB. */
  readonly own: number
  /** Of others too: the program itself, libraries, kB. */
  readonly shared: number
}

export function pagesOf(pid: number): Pages {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  const field = (name: string): number => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]
    if (kilobytes === undefined) throw new Error(`no ${name} of ${pid}`)
    return Number(kilobytes)
  }
  const own = field('Private_Clean') + field('Private_Dirty')
  return { own, shared: field('Rss') - own }
}

/**
 * What processes of one manager keep in memory together, MB: the own pages of each, and the shared ones of the one that has
 * most. Of one process that is its RSS; a thousand supervisors that are one program do not count its pages a thousand times.
 */
export function megabytesOf(processes: readonly Pages[]): number {
  const own = processes.reduce((sum, pages) => sum + pages.own, 0)
  return (own + Math.max(0, ...processes.map(({ shared }) => shared))) / 1024
}

import type { Jobs, StatusRow } from '../model/status.ts'
import { type Style, stylesFor } from './ansi.ts'
import { duration } from './duration.ts'
import { clean, maskArgv } from './mask.ts'
import { table } from './table.ts'

export type { StatusRow }

type StateName = StatusRow['state']

export interface StatusOptions {
  readonly color?: boolean
  /** Only on a terminal: longer lines are cut there, never in a pipe or file. */
  readonly columns?: number | undefined
  /** Pidfile and command line too. */
  readonly verbose?: boolean
  readonly quote: (argv: readonly string[]) => string
}

/** In the order in which the summary counts them. */
const STYLE = {
  running: 'ok',
  quiet: 'busy',
  starting: 'busy',
  draining: 'busy',
  stopped: 'faint',
  stale: 'failed',
  orphaned: 'failed',
  foreign: 'down',
  unknown: 'down',
} as const satisfies Record<StateName, Style>

const UNITS = ['K', 'M', 'G', 'T']

/** `12.3M`, as in top(1): 1024 bytes to the K. */
function bytes(value: number): string {
  let size = value / 1024
  let unit = 0
  for (; size >= 1024 && unit < UNITS.length - 1; unit += 1) size /= 1024
  return `${size < 100 ? size.toFixed(1) : Math.round(size)}${UNITS[unit] ?? ''}`
}

const optional = <T>(value: T | undefined, text: (value: T) => string): string =>
  value === undefined ? '' : text(value)

/** `2, oldest 3m10s` */
const jobsText = ({ active, oldestSeconds }: Jobs): string =>
  oldestSeconds === null ? String(active) : `${active}, oldest ${duration(Math.floor(oldestSeconds) * 1000)}`

type Column = readonly [title: string, cell: (row: StatusRow) => string]

/** What is cut first on a narrow terminal stands last. A column in which nothing stands is left out. */
function columnsFor(rows: readonly StatusRow[], { verbose, quote }: StatusOptions): Column[] {
  const fleets = new Set(rows.map(({ fleet }) => fleet))
  const all: Column[] = [
    ['NAME', (row) => row.name],
    ['STATE', (row) => row.state],
    ['PID', (row) => optional(row.pid, String)],
    ['UPTIME', (row) => optional(row.uptimeSeconds, (seconds) => duration(Math.floor(seconds) * 1000))],
    ['KIND', (row) => row.kind ?? ''],
    ['JOBS', (row) => optional(row.jobs, jobsText)],
    ['CPU', (row) => optional(row.cpu, (cpu) => `${cpu.toFixed(1)}%`)],
    ['MEM', (row) => optional(row.memory, bytes)],
    ['FLEET', (row) => (fleets.size > 1 ? row.fleet : '')],
    ['NOTE', (row) => clean(row.note ?? '')], // Some of it is the worker's own words.
    ['LOG', (row) => row.logfile],
    ['PIDFILE', (row) => (verbose === true ? row.pidfile : '')],
    ['COMMAND', (row) => (verbose === true ? optional(row.argv, (argv) => quote(maskArgv(argv))) : '')],
  ]
  return all.filter(([, cell]) => rows.some((row) => cell(row) !== ''))
}

/** `10 nodes: 8 running, 1 draining, 1 stopped` */
export function statusSummary(rows: readonly StatusRow[]): string {
  const count = (state: StateName): number => rows.filter((row) => row.state === state).length
  const counted = (Object.keys(STYLE) as StateName[]).filter((state) => count(state) > 0)
  const nodes = rows.length === 1 ? '1 node' : `${rows.length} nodes`
  return counted.length === 0 ? nodes : `${nodes}: ${counted.map((state) => `${count(state)} ${state}`).join(', ')}`
}

/** A table of the nodes and a line that sums them up. */
export function statusText(rows: readonly StatusRow[], options: StatusOptions): string {
  const columns = columnsFor(rows, options)
  const header = columns.map(([title]) => ({ text: title }))
  const body = rows.map((row) =>
    columns.map(([title, cell]) => ({ text: cell(row), ...(title === 'STATE' ? { style: STYLE[row.state] } : {}) })),
  )
  const grid = rows.length === 0 ? [] : table([header, ...body], stylesFor(options.color === true), options.columns)
  return [...grid, statusSummary(rows), ''].join('\n')
}

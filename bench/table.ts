import type { Metric, Peer } from './peer.ts'
import { type Line, METRICS, type Results } from './results.ts'
import { digits, type Samples } from './samples.ts'

const NOTHING = '–'

const TITLES: Record<Metric, string> = {
  alive: 'start: all alive, ms',
  returned: 'start: returned, ms',
  warmAlive: 'daemon up: all alive, ms',
  warmReturned: 'daemon up: returned, ms',
  stopped: 'stop and wait, ms',
  status: 'status, ms',
  cpu: 'CPU, s',
  memory: 'resident, MB',
}

/** What a number is compared with, if it is not the same: `multi` has no daemon whose own start could be left out. */
const OURS: Partial<Record<Metric, Metric>> = { warmAlive: 'alive', warmReturned: 'returned' }

/** The number that counts. CPU of commands comes in ticks of 10 ms, so the mean of all says more than one of them. */
export const valueOf = (metric: Metric, samples: Samples): number => (metric === 'cpu' ? samples.mean : samples.median)

const textOf = (metric: Metric, value: number): string => {
  if (metric === 'cpu') return value.toFixed(2)
  if (metric === 'memory') return value === 0 ? '0' : value.toFixed(1)
  return digits(value)
}

/** `1.4×`; of large ones no more digits than mean something. */
export function times(ratio: number): string {
  if (ratio >= 100) return `${Math.round(ratio)}×`
  return `${ratio.toFixed(ratio >= 10 ? 1 : 2)}×`
}

/** Numbers notes as they come; the same note has one number. */
class Notes {
  readonly #texts: string[] = []

  mark(text: string | undefined): string {
    if (text === undefined) return ''
    if (!this.#texts.includes(text)) this.#texts.push(text)
    return `<sup>${this.#texts.indexOf(text) + 1}</sup>`
  }

  get list(): string[] {
    return this.#texts.map((text, index) => `${index + 1}. ${text}`)
  }
}

const FAILED = 'It did not get through this in the run that made the table.'

/** A number and how many times as much as ours that is. */
function cell(metric: Metric, line: Line, ours: Line | undefined, notes: Notes): string {
  if (line.failed) return NOTHING + notes.mark(FAILED)
  const note = notes.mark(line.peer.notes[metric])
  const samples = line.samples[metric]
  if (samples.count === 0) return NOTHING + note
  const value = valueOf(metric, samples)
  const compared = OURS[metric] ?? metric
  const other = ours && ours !== line && !ours.failed ? valueOf(compared, ours.samples[compared]) : 0
  return textOf(metric, value) + (other > 0 ? ` (${times(value / other)})` : '') + note
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

/** The first so many columns are words, the others numbers. */
const table = (words: number, heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] => [
  row(heads),
  row(heads.map((_, index) => (index < words ? '---' : '---:'))),
  ...rows.map(row),
]

function fleets(lines: readonly Line[], notes: Notes): string[] {
  const rows = lines.map((line) => {
    const ours = lines.find(({ peer, count }) => peer.name === 'multi' && count === line.count)
    const cells = METRICS.map((metric) => cell(metric, line, ours, notes))
    return [line.peer.name, line.count, ...cells, line.samples.alive.count]
  })
  return table(1, ['', 'workers', ...METRICS.map((metric) => TITLES[metric]), 'rounds'], rows)
}

function programs(peers: readonly Peer[], results: Results, notes: Notes): string[] {
  const ours = results.coldOf('multi').median
  const rows = peers.map(({ name, version, stays, cold, notes: of }) => {
    const { count, median } = results.coldOf(name)
    const ratio = name === 'multi' ? '' : ` (${times(median / ours)})`
    const time = count === 0 ? NOTHING : digits(median) + ratio
    return [name, version, stays || 'none', `\`${cold.says}\``, time + notes.mark(of.cold)]
  })
  return table(4, ['', 'version', 'processes that stay', 'cheapest command', 'cold start, ms'], rows)
}

/** How far `multi` is from what has to be paid in any case. */
function floors(results: Results): string[] {
  const ours = results.lines.filter(({ peer, failed }) => peer.name === 'multi' && !failed)
  const names = ['bare Node', 'C program'].filter((name) => results.lines.some(({ peer }) => peer.name === name))
  const metrics = ['returned', 'stopped', 'status', 'cpu'] as const
  const rows = ours.map((line) => {
    const cells = metrics.flatMap((metric) =>
      names.map((name) => {
        const floor = results.find(name, line.count)
        if (!floor || floor.failed) return NOTHING
        const least = valueOf(metric, floor.samples[metric])
        return least > 0 ? times(valueOf(metric, line.samples[metric]) / least) : NOTHING
      }),
    )
    return [line.count, ...cells]
  })
  const heads = metrics.flatMap((metric) => names.map((name) => `${TITLES[metric].replace(/, .*/, '')} ÷ ${name}`))
  return table(0, ['workers', ...heads], rows)
}

/** Everything that README.md shows. `machine` and `missing` are sentences. */
export function summary(peers: readonly Peer[], results: Results, facts: readonly string[]): string {
  const notes = new Notes()
  const tables = [programs(peers, results, notes), fleets(results.lines, notes)]
  return [
    ...facts,
    '',
    ...tables.flatMap((lines) => [...lines, '']),
    'What `multi` costs, measured in the floors:',
    '',
    ...floors(results),
    ...(notes.list.length > 0 ? ['', ...notes.list] : []),
  ].join('\n')
}

/** The same numbers without ratios, each with the least and the most. */
export function spread(results: Results): string {
  const rows = results.lines
    .filter(({ failed }) => !failed)
    .map(({ peer, count, samples }) => {
      const cells = METRICS.map((metric) => {
        if (samples[metric].count === 0) return NOTHING
        return metric === 'cpu' ? samples.cpu.textWith(2) : samples[metric].text
      })
      return [peer.name, count, ...cells]
    })
  return table(1, ['', 'workers', ...METRICS.map((metric) => TITLES[metric])], rows).join('\n')
}

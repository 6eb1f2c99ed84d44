import type { Small } from './measure.ts'
import type { Results } from './results.ts'
import type { Samples } from './samples.ts'

export interface Row {
  readonly what: string
  readonly ours: string
  readonly floor: string
  readonly ratio: number
  /** The ratio may be this at most. */
  readonly target: number
}

/** What the targets are about: `multi` and bare Node with so many workers. */
export interface Pair {
  readonly count: number
  readonly node: Samples
  readonly bareStart: Samples
  readonly bareStop: Samples
  readonly start: Samples
  readonly status: Samples
  readonly stopwait: Samples
}

export function pairOf(results: Results, count: number): Pair | undefined {
  const [ours, bare] = [results.find('multi', count), results.find('bare Node', count)]
  if (!ours || !bare || ours.failed || bare.failed) return undefined
  return {
    count,
    node: results.coldOf('bare Node'),
    bareStart: bare.samples.returned,
    bareStop: bare.samples.stopped,
    start: ours.samples.returned,
    status: ours.samples.status,
    stopwait: ours.samples.stopped,
  }
}

const against = (what: string, ours: Samples, name: string, floor: Samples, target: number): Row => ({
  what,
  ours: ours.text,
  floor: `${name} ${floor.text}`,
  ratio: ours.median / floor.median,
  target,
})

export const smallRows = ({ names, node }: Small): Row[] => [against('`names 3`', names, '`node -e 0`', node, 1.25)]

export const fleetRows = ({ count, start, bareStart, stopwait, bareStop, status, node }: Pair): Row[] => [
  against(`\`start ${count} --startsecs 0\``, start, 'bare script', bareStart, 2),
  against(`\`stopwait ${count}\``, stopwait, 'bare script', bareStop, 2),
  against(`\`status ${count}\``, status, '`node -e 0`', node, count > 100 ? Number.POSITIVE_INFINITY : 2),
]

/** What one more worker costs must not depend on how many there are. The start of Node itself is left out on both sides. */
export function growthRows(few: Pair, many: Pair): Row[] {
  const verbs = ['start', 'stopwait', 'status'] as const
  return verbs.map((verb) => {
    const each = ({ count, node, [verb]: samples }: Pair): number => (samples.median - node.median) / count
    return {
      what: `\`${verb}\`, each of ${many.count}`,
      ours: each(many).toFixed(2),
      floor: `each of ${few.count}: ${each(few).toFixed(2)}`,
      ratio: each(many) / each(few),
      target: 1.25,
    }
  })
}

export const isMet = ({ ratio, target }: Row): boolean => ratio <= target

export function targets(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const target = Number.isFinite(row.target) ? `≤ ${row.target}` : '–'
    const verdict = isMet(row) ? 'met' : '**missed**'
    return `| ${row.what} | ${row.ours} | ${row.floor} | ${row.ratio.toFixed(2)} | ${target} | ${verdict} |`
  })
  return [
    '| multi | ms: median (least–most) | compared with, ms | ratio | target | |',
    '|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

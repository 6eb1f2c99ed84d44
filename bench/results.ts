import type { Found } from './measure.ts'
import type { Metric, Peer } from './peer.ts'
import { Samples } from './samples.ts'

export const METRICS = [
  'alive',
  'returned',
  'warmAlive',
  'warmReturned',
  'stopped',
  'status',
  'cpu',
  'memory',
] as const satisfies readonly Metric[]

/** All that was found of one manager with so many workers. */
export interface Line {
  readonly peer: Pick<Peer, 'name' | 'notes'>
  readonly count: number
  readonly samples: Readonly<Record<Metric, Samples>>
  /** It did not get through: what there is of it counts for nothing. */
  failed: boolean
}

const noSamples = (): Record<Metric, Samples> => ({
  alive: new Samples(),
  returned: new Samples(),
  warmAlive: new Samples(),
  warmReturned: new Samples(),
  stopped: new Samples(),
  status: new Samples(),
  cpu: new Samples(),
  memory: new Samples(),
})

const newLine = (peer: Line['peer'], count: number): Line => ({
  peer,
  count,
  samples: noSamples(),
  failed: false,
})

export class Results {
  readonly lines: Line[] = []
  readonly cold = new Map<string, Samples>()

  /** The line of that manager and number of workers, which is made at first. */
  line(peer: Peer, count: number): Line {
    const known = this.find(peer.name, count)
    if (known) return known
    const line = newLine(peer, count)
    this.lines.push(line)
    return line
  }

  find(name: string, count: number): Line | undefined {
    return this.lines.find((line) => line.peer.name === name && line.count === count)
  }

  add(peer: Peer, count: number, found: Found): void {
    const { samples } = this.line(peer, count)
    for (const metric of METRICS) {
      const value = found[metric]
      if (value !== undefined) samples[metric].add(value)
    }
    if (found.cold !== undefined) this.coldOf(peer.name).add(found.cold)
  }

  coldOf(name: string): Samples {
    const samples = this.cold.get(name) ?? new Samples()
    this.cold.set(name, samples)
    return samples
  }
}

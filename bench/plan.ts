import type { Peer } from './peer.ts'

export type Effort = 'full' | 'quick'

/** Rounds for so many workers, interleaved, of which the median counts. */
const SIZES: Record<Effort, ReadonlyMap<number, number>> = {
  full: new Map([
    [1, 11],
    [10, 11],
    [100, 11],
    [1000, 11],
  ]),
  quick: new Map([
    [1, 3],
    [10, 3],
    [100, 3],
    [1000, 1],
  ]),
}

export const NAMES_ROUNDS: Record<Effort, number> = { full: 41, quick: 11 }

export type Size = readonly [count: number, rounds: number]

/** Those asked for, `1,10`, of those there are; all, if none are. Rounds: so many at most. */
export function sizesOf(effort: Effort, asked: { readonly sizes?: string; readonly rounds?: string }): Size[] {
  const sizes = [...SIZES[effort]]
  const counts = asked.sizes?.split(',').map(Number) ?? sizes.map(([count]) => count)
  const most = Number(asked.rounds ?? Number.POSITIVE_INFINITY)
  const wrong = counts.find((count) => !SIZES[effort].has(count))
  if (wrong !== undefined || !(most >= 1))
    throw new Error('--sizes are some of 1,10,100,1000, and --rounds is 1 or more')
  return sizes.filter(([count]) => counts.includes(count)).map(([count, rounds]) => [count, Math.min(rounds, most)])
}

export interface Turn {
  readonly peer: Peer
  readonly count: number
  readonly round: number
}

/** By turns, A B C A B C …: a machine that gets busier is so for all. Who takes long is left out after its last round. */
export function turns(peers: readonly Peer[], count: number, rounds: number): Turn[] {
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    peers.filter((peer) => round <= (peer.limits?.[count] ?? rounds)).map((peer) => ({ peer, count, round })),
  )
}

import type { Peer } from './peer.ts'

export type Effort = 'full' | 'quick'

/** Rounds for so many workers, interleaved, of which the median counts. */
export const SIZES: Record<Effort, ReadonlyMap<number, number>> = {
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

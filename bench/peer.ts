import type { Found } from './processes.ts'

export type Command = readonly [program: string, ...args: string[]]

/** What is measured of everyone. */
export type Metric = 'alive' | 'returned' | 'warmAlive' | 'warmReturned' | 'stopped' | 'status' | 'cpu' | 'memory'

/** N workers of one manager, in a directory of their own: what is to be run, each timed from outside. */
export interface Fleet {
  readonly env?: Readonly<Record<string, string>>
  /** From nothing: a daemon's own start is part of it. */
  readonly start: Command
  /** `start` is the daemon itself, which does not return. */
  readonly foreground?: true
  readonly status?: Command
  /** Stops all workers and waits until they are gone. A daemon stays. */
  readonly stop: Command
  /** Starts all workers again, with the daemon up. */
  readonly startAgain?: Command
  /** Ends the daemon, and workers that it still has: a command, or a signal for a daemon in the foreground. */
  readonly end?: Command | NodeJS.Signals
  /** With its workers up: throws when the manager's own files do not name them. */
  readonly expectUp?: (workers: readonly Found[]) => void
  /** With its workers gone: throws when it has left what it should not. */
  readonly expectDown?: () => void
}

export interface Peer {
  readonly name: string
  readonly version: string
  /** A process of its own that stays, in a word; empty: none. */
  readonly stays: string
  /** The cheapest thing that its command line can do, and the exit code of that. */
  readonly cold: { readonly command: Command; readonly says: string; readonly code?: number }
  /** What has to be known about a number, or why there is none. */
  readonly notes: Partial<Record<Metric | 'cold', string>>
  /** Rounds for so many workers, at most: for those who take minutes. */
  readonly limits?: Readonly<Record<number, number>>
  /** Above so many workers only the first start is measured. */
  readonly againUpTo?: number
  /** Writes the configuration for N workers into an empty directory. */
  prepare(directory: string, count: number): Fleet
}

/** Not on this machine, and what would put it there. */
interface Absent {
  readonly missing: string
}

/** Its name is in the list of all of them. */
export type Candidate = Omit<Peer, 'name'> | Absent

/** Rounds of those who take seconds. */
export const FEW = { 1: 5, 10: 5, 100: 5, 1000: 3 }

export const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index + 1}`)

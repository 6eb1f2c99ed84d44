import type { Behaviour } from './behaviour.ts'
import type { RunReply, RunRequest } from './commands.ts'
import type { Faults } from './faults.ts'
import type { Locks } from './locks.ts'
import type { Machine } from './machine.ts'
import type { Multi } from './multi.ts'
import type { Random } from './prng.ts'
import type { Signalling } from './signalling.ts'

/** A call that is about to be made. */
export interface CallSeen {
  readonly multi: Multi
  readonly call: string
  readonly args: readonly unknown[]
  /** The how many-th of that multi, from 1. */
  readonly number: number
}

/** What the calls of all `multi`s of a world share. */
export interface Site {
  readonly machine: Machine
  readonly faults: Faults
  readonly locks: Locks
  readonly signalling: Signalling
  readonly random: Random
  readonly programs: ReadonlyMap<string, Behaviour>
  readonly commands: ReadonlyMap<string, (request: RunRequest) => RunReply>
  /** How /proc is mounted: `others` shows a user nobody else's processes. */
  readonly hidepid: boolean
  readonly bootTimeKnown: boolean
  before: ((seen: CallSeen) => void) | undefined
  /** Whether it gets no processor for a while, right before a call. */
  stalls(multi: Multi): boolean
  kill(multi: Multi): void
  launchId(): string
}

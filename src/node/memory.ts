import type { LaunchId } from '../model/names.ts'
import type { Identity } from '../model/process.ts'
import type { Claim } from './claim.ts'
import type { Launch } from './record.ts'

/**
 * What this command itself has seen of one node while it runs. Nothing is decided from it but deadlines and what has
 * been done already: all else is read anew each time.
 */
export interface Memory {
  /** The leader, and when (monotonic) this command last saw it alive. */
  witness?: { readonly identity: Identity; readonly pgid: number; readonly at: number }
  /** Monotonic: when this command first saw the leader gone and its group alive. */
  leaderGoneAt?: number
  /** The claim that this command has just tried to make, if it could: it is there, until it is given back or a record voids it. */
  claimed?: Claim | undefined
  /** The launch of which a glance found nobody: neither its leader nor its group comes back. */
  gone?: LaunchId
  /** What this command started. `first`: no start before it is known to have succeeded. */
  launched?: {
    readonly id: LaunchId
    readonly identity: Identity
    readonly logOffset: number
    readonly first?: boolean
  }
  /** Whom a kill was led to by the mark of a start that died: it has no time to record that. */
  marked?: Launch
  /** What failed at its first start is not wanted up any more. */
  unwanted?: boolean
  /** Its record was there, and this command has removed it. */
  forgotten?: boolean
  /** A start by someone else that this command waits for. */
  joined?: { readonly pid: number; readonly logOffset: number }
  /** Whom this command signalled, or waits for. */
  stopping?: { readonly pid: number; readonly identity?: Identity }
  signalled?: boolean
  /** Who was asked to stop, by this command or before it, as the record said. */
  asked?: Pick<Launch, 'id' | 'identity' | 'pgid'>
  /** Monotonic: when it was first killed, and how often since. */
  killedAt?: number
  kills: number
  readonly killed: Set<number>
  /** Jobs that ran when it was killed, by its own last word. */
  lost?: number
  /** Monotonic: when it was asked to give its jobs back, or when that stage was passed over. */
  softAt?: number
  softSkipped?: boolean
  /** Dead starters' launches that were looked for twice and are not there. */
  readonly searched: Set<LaunchId>
}

export const newMemory = (): Memory => ({ kills: 0, killed: new Set(), searched: new Set() })

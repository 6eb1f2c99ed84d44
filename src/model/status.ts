import type { AbsPath, NodeName } from './names.ts'
import type { KindName } from './spec.ts'
import type { NodeState } from './state.ts'

/** Jobs of a worker, by its own word. */
export interface Jobs {
  readonly active: number
  readonly reserved: number
  readonly done: number
  readonly oldestSeconds: number | null
}

/** One node as `status` tells it. */
export interface StatusRow {
  readonly name: NodeName
  readonly state: NodeState['state']
  readonly pid?: number
  readonly kind?: KindName
  readonly uptimeSeconds?: number
  /** Wall clock, ms since the epoch. */
  readonly startedAt?: number
  readonly pidfile: AbsPath
  readonly logfile: AbsPath
  readonly argv?: readonly string[]
  readonly fleet: string
  /** What the state alone does not say, a clause: "suspended", "last heard 40 s ago". */
  readonly note?: string
  readonly jobs?: Jobs
  /** Age of its last word. */
  readonly heardSecondsAgo?: number
  /** % of one core. */
  readonly cpu?: number
  /** Bytes. */
  readonly memory?: number
}

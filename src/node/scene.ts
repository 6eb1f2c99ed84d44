import type { Emit } from '../model/events.ts'
import type { Failure } from '../model/failure.ts'
import type { Result } from '../model/result.ts'
import type { Target } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import type { Goal } from './goal.ts'
import type { Memory } from './memory.ts'
import type { Seen } from './observe.ts'

/** What an effect works with. */
export interface Scene {
  readonly system: System
  readonly target: Target
  readonly goal: Goal
  readonly seen: Seen
  readonly memory: Memory
  readonly emit: Emit
  /** Names in the caller's environment, for the record. */
  readonly environmentNames: readonly string[]
}

export type Effect = Promise<Result<void, Failure>>

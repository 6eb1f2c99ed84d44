import type { Outcome } from '../model/outcome.ts'
import type { Target } from '../model/spec.ts'
import type { Goal } from '../node/goal.ts'
import { type Memory, newMemory } from '../node/memory.ts'
import type { Seen } from '../node/observe.ts'
import type { Settled } from '../node/step.ts'
import type { Easing } from './ease.ts'

/** What is to be done with one node: its goals, one after the other. */
export interface Task {
  readonly target: Target
  readonly goals: readonly [Goal, ...Goal[]]
}

/** One task while it is under way. */
export class Run {
  readonly task: Task
  memory: Memory = newMemory()
  /** Monotonic: when the whole task and the goal in hand began. */
  readonly begun: number
  since: number
  /** Where it stands, and when that was last looked at whole. */
  standing: Extract<Settled, { step: 'wait' }> | undefined
  lookedAt = 0
  claimedSince: number | undefined
  /** Another command was found in the middle of a change of this node. */
  contended = false
  wasPid: number | undefined
  outcome: Outcome | undefined
  seen: Seen | undefined
  easing: Easing | undefined
  #at = 0

  constructor(task: Task, now: number) {
    this.task = task
    this.begun = now
    this.since = now
  }

  get goal(): Goal {
    return this.task.goals[this.#at] ?? this.task.goals[0]
  }

  /** On to the next goal, if there is one. What was seen for the last one does not count for it. */
  advance(now: number): boolean {
    if (this.#at + 1 >= this.task.goals.length) return false
    this.#at++
    this.wasPid = this.memory.stopping?.pid
    this.memory = newMemory()
    this.since = now
    this.standing = undefined
    this.easing = undefined
    return true
  }
}

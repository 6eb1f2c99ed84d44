import { unreachable } from '../model/result.ts'
import type { Target } from '../model/spec.ts'
import { decideDown } from './decide-down.ts'
import { decideForgotten } from './decide-forgotten.ts'
import { decideKilled } from './decide-killed.ts'
import { decideUp } from './decide-up.ts'
import type { Goal } from './goal.ts'
import type { Memory } from './memory.ts'
import type { Seen } from './observe.ts'
import { isChange, type Step } from './step.ts'

/** What a decision is made from besides the goal and what was seen. */
export interface Moment {
  readonly target: Target
  readonly memory: Memory
  /** Monotonic ms, and when this command began with this goal. */
  readonly now: number
  readonly since: number
}

/**
 * The one place where it is decided what happens to a node: pure and total, a table of goal × state.
 *
 *              stopped   stale           starting   running   draining    orphaned        foreign, unknown
 *     up       launch    clear, launch   wait       done      refuse      refuse          refuse
 *     down     done      clear, done     signal     signal    join, wait  signal the rest refuse
 *     killed   done      clear, done     KILL       KILL      KILL        KILL            refuse
 *     forgotten forget   clear, forget   refuse    refuse    refuse      refuse          refuse
 */
export function decide(goal: Goal, seen: Seen, moment: Moment): Step {
  const { top } = seen.claims
  // Somebody is in the middle of a change. Killing does not wait for anyone.
  if (top?.holder === 'alive' && goal.goal !== 'killed') {
    return { step: 'wait', for: 'claim', detail: `another multi (pid ${top.claim.owner.pid}) is changing it` }
  }
  return underClaim(goal, seen, moment, decideFreely(goal, seen, moment))
}

function decideFreely(goal: Goal, seen: Seen, moment: Moment): Step {
  switch (goal.goal) {
    case 'up':
      return decideUp(goal, seen, moment)
    case 'down':
      return decideDown(goal, seen, moment)
    case 'killed':
      return decideKilled(seen, moment)
    case 'forgotten':
      return decideForgotten(seen, moment)
    default:
      return unreachable(goal)
  }
}

/**
 * A change needs the claim first. Who has died holding one may have left something that must be known before anything else; and
 * what is left of the claim itself goes with the next record.
 */
function underClaim(goal: Goal, { claims, recordRead }: Seen, { memory }: Moment, step: Step): Step {
  // Sure of its group and harmless when repeated: it goes also where the disk refuses a claim.
  if (step.step === 'kill') return step
  // A record that cannot be read (root's) tells of what must not be forgotten: nothing is resolved over it, and it stays.
  if (recordRead.is === 'blocked') return step
  const unresolved = claims.abandoned.some(({ launch }) => !memory.searched.has(launch))
  const untidy = step.step === 'done' && (claims.top?.holder === 'dead' || (claims.leftover && !claims.top))
  if (!isChange(step) && !unresolved && !untidy) return step
  if (goal.goal === 'killed' && claims.top?.holder === 'alive') return step
  if (claims.top?.holder === 'ours') return unresolved ? { step: 'resolve' } : step
  // Whatever comes first, this claim may end in a launch: what dies under it must be looked for.
  return { step: 'claim', purpose: goal.goal === 'up' ? 'start' : 'stop' }
}

import { unreachable } from '../model/result.ts'
import type { Moment } from './decide.ts'
import { clearUp, killOrWait } from './decide-down.ts'
import type { Seen } from './observe.ts'
import type { Step } from './step.ts'

/** The row `killed`: KILL to the whole proven group, and wait until it is empty. */
export function decideKilled({ state, leftover, record, claims }: Seen, { target, memory, now }: Moment): Step {
  const mayTidy = claims.top?.holder !== 'alive'
  switch (state.state) {
    case 'stopped':
    case 'stale':
      if (leftover && mayTidy) return clearUp(state, memory)
      if (record?.wanted === 'up' && mayTidy) return { step: 'want' }
      return {
        step: 'done',
        done: memory.stopping
          ? {
              result: 'stopped',
              pid: memory.stopping.pid,
              killed: [...memory.killed],
              ...(memory.lost ? { lost: memory.lost } : {}),
            }
          : { result: 'already-down' },
      }
    case 'starting':
    case 'running':
    case 'quiet':
      return killOrWait(state.identity.pid, memory, now)
    case 'draining':
      return killOrWait(state.leader?.pid ?? state.group?.pgid ?? 0, memory, now)
    case 'orphaned':
      return killOrWait(state.group.pgid, memory, now)
    case 'foreign':
      return { step: 'fail', failure: { reason: 'foreign', host: state.host } }
    case 'unknown':
      return { step: 'fail', failure: { reason: 'unknown', why: state.why, path: target.pidfile } }
    default:
      return unreachable(state)
  }
}

import { unreachable } from '../model/result.ts'
import type { Moment } from './decide.ts'
import { clearUp } from './decide-down.ts'
import type { Seen } from './observe.ts'
import type { Step } from './step.ts'

/** The row `forgotten`: what is down is cleared up and its record goes; of what lives nothing is forgotten. */
export function decideForgotten({ state, leftover, recordRead }: Seen, { target, memory }: Moment): Step {
  switch (state.state) {
    case 'stopped':
    case 'stale':
      if (leftover) return clearUp(state, memory)
      if (recordRead.is !== 'absent') return { step: 'forget' }
      return { step: 'done', done: { result: 'forgotten', recorded: memory.forgotten === true } }
    case 'starting':
    case 'running':
    case 'quiet':
      return { step: 'fail', failure: { reason: 'not-down', state: state.state, pid: state.identity.pid } }
    case 'draining':
      return {
        step: 'fail',
        failure: { reason: 'not-down', state: state.state, pid: state.leader?.pid ?? state.group?.pgid ?? 0 },
      }
    case 'orphaned':
      return {
        step: 'fail',
        failure: { reason: 'orphaned', pgid: state.group.pgid, members: state.group.evidence.map(({ pid }) => pid) },
      }
    case 'foreign':
      return { step: 'fail', failure: { reason: 'foreign', host: state.host } }
    case 'unknown':
      return { step: 'fail', failure: { reason: 'unknown', why: state.why, path: target.pidfile } }
    default:
      return unreachable(state)
  }
}

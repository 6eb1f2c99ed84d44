import type { Failure } from '../model/failure.ts'
import { type Identity, sameProcess } from '../model/process.ts'
import { unreachable } from '../model/result.ts'
import type { NodeState } from '../model/state.ts'
import type { Moment } from './decide.ts'
import type { DownGoal } from './goal.ts'
import type { Memory } from './memory.ts'
import type { Seen } from './observe.ts'
import type { Step } from './step.ts'
import type { Heard } from './vitals.ts'

const fail = (failure: Failure): Step => ({ step: 'fail', failure })

/** The row `down`: one warm signal to the leader, ever; then patience, until nothing of its group is left. */
export function decideDown(goal: DownGoal, seen: Seen, moment: Moment): Step {
  const { state } = seen
  if (isNotMeant(goal, seen)) return stopped(moment)
  switch (state.state) {
    case 'stopped':
    case 'stale':
      return gone(goal, seen, moment)
    case 'starting':
    case 'running':
    case 'quiet':
      // Two restarts at once are one: what the other has started since is not what this one was to stop.
      if (goal.wanted === 'up' && isAnother(state.identity, moment)) return stopped(moment)
      return { step: 'signal-leader', signal: goal.signal ?? seen.record?.plan?.stop.warm ?? 'TERM' }
    case 'draining':
      return draining(goal, state, seen, moment)
    case 'orphaned':
      return { step: 'want' } // Records the request, which makes it a drain without a leader.
    case 'foreign':
      return goal.takeover ? stopped(moment) : fail({ reason: 'foreign', host: state.host })
    case 'unknown':
      return fail({ reason: 'unknown', why: state.why, path: moment.target.pidfile })
    default:
      return unreachable(state)
  }
}

function gone(goal: DownGoal, { state, leftover, record }: Seen, moment: Moment): Step {
  const { memory } = moment
  if (leftover) return clearUp(state, memory)
  if (record && record.wanted !== goal.wanted) return { step: 'want' }
  return stopped(moment)
}

/** What a worker leaves that this very command has stopped needs no words. */
export const clearUp = (state: NodeState, { stopping }: Memory): Step => ({
  step: 'clear',
  ...(state.state === 'stale' && !stopping ? { why: state.why } : {}),
})

const stopped = ({ memory: { stopping, killed, lost } }: Moment): Step => ({
  step: 'done',
  done: stopping
    ? { result: 'stopped', pid: stopping.pid, killed: [...killed], ...(lost ? { lost } : {}) }
    : { result: 'already-down' },
})

const isAnother = (identity: Identity, { memory: { stopping } }: Moment): boolean =>
  stopping?.identity !== undefined && !sameProcess(stopping.identity, identity)

/** Also when that other one has ended: what is left of it is the business of who started it. */
function isNotMeant({ only }: DownGoal, { launch, record }: Seen): boolean {
  const identity = launch?.identity ?? record?.launch?.identity
  return only !== undefined && identity !== undefined && !sameProcess(only, identity)
}

type Draining = Extract<NodeState, { state: 'draining' }>

function draining(goal: DownGoal, state: Draining, seen: Seen, moment: Moment): Step {
  const pid = state.leader?.pid ?? moment.memory.stopping?.pid ?? state.group?.pgid ?? 0
  if (!goal.wait) return withoutWaiting(state, pid, moment)
  const stage = goal.timeoutMs === undefined ? undefined : limitStage(goal, goal.timeoutMs, state, seen, moment)
  if (stage && moment.now >= stage.at) return stage.reached(pid)
  if (!state.leader && graceIsOver(goal, state, moment)) return { step: 'signal-rest' }
  return { step: 'wait', for: 'stopped', pid, ...progress(state, seen), ...(stage ? { untilMono: stage.at } : {}) }
}

/** Whom is waited for: jobs left where the worker says so, else what can be seen. */
function progress({ suspended, leader, group }: Draining, { vitals }: Seen): Partial<Extract<Step, { step: 'wait' }>> {
  const left = leader ? 0 : (group?.evidence.length ?? 0)
  const detail = suspended ? 'suspended' : left > 0 ? `${left} left of its group` : undefined
  return { ...(detail === undefined ? {} : { detail }), ...(vitals && leader ? jobsOf(vitals) : {}) }
}

/** What a worker that is waited for has left to do, by its own word. */
export const jobsOf = ({
  active,
  oldestStartedAt,
  updatedAt,
  heardMs,
}: Heard): { jobs: number; oldestMs?: number } => ({
  jobs: active,
  ...(oldestStartedAt === null ? {} : { oldestMs: Math.max(0, updatedAt - oldestStartedAt + heardMs) }),
})

/** `stop` returns at once: what is left of a worker whose leader is long gone gets its TERM now. */
function withoutWaiting(state: Draining, pid: number, { memory }: Moment): Step {
  if (!state.leader && state.request.orphansSignalledAt === undefined && !memory.signalled)
    return { step: 'signal-rest' }
  return {
    step: 'done',
    done: memory.signalled ? { result: 'signalled', pid, signal: state.request.signal } : { result: 'draining', pid },
  }
}

const graceIsOver = (goal: DownGoal, { request }: Draining, { memory, now }: Moment): boolean =>
  request.orphansSignalledAt === undefined && now >= (memory.leaderGoneAt ?? now) + goal.orphanGraceMs

interface LimitStage {
  /** Monotonic ms. */
  readonly at: number
  readonly reached: (pid: number) => Step
}

/** The next limit and what happens then: soft, if the worker has such a signal; then KILL; then it is left as it is. */
function limitStage(
  goal: DownGoal,
  limit: number,
  state: Draining,
  seen: Seen,
  { memory, since, now }: Moment,
): LimitStage {
  const softAt = memory.softAt ?? (state.request.softAt === undefined ? undefined : since)
  const wantsSoft = goal.atLimit.includes('soft') && softAt === undefined && !memory.softSkipped
  if (wantsSoft) return { at: since + limit, reached: () => soft(state, seen) }
  const at = (softAt ?? since) + limit
  if (goal.atLimit.includes('kill')) return { at, reached: (pid) => killOrWait(pid, memory, now) }
  return { at, reached: (pid) => fail({ reason: 'stop-timeout', pid, afterMs: at - since }) }
}

function soft({ leader }: Draining, { record, vitals }: Seen): Step {
  const { soft: signal, softWhen } = record?.plan?.stop ?? {}
  const skip = (why: string): Step => ({ step: 'skip-soft', why })
  if (!leader) return skip('its main process is gone')
  if (!signal) return skip('this kind of worker has no soft signal')
  if (softWhen === 'said' && !vitals?.soft) return skip('the worker does not say that it would give its jobs back')
  return { step: 'signal-soft', signal }
}

/** A KILL is repeated: a group that forks faster than it dies takes more than one. At last it is said that it does not help. */
const AGAIN_MS = 1000
const GIVE_UP_MS = 15_000

export function killOrWait(pid: number, { killedAt, kills }: Memory, now: number): Step {
  if (killedAt === undefined) return { step: 'kill' }
  const elapsed = now - killedAt
  if (elapsed >= GIVE_UP_MS) return fail({ reason: 'unkillable', pid, afterMs: elapsed })
  if (elapsed >= kills * AGAIN_MS) return { step: 'kill' }
  return { step: 'wait', for: 'stopped', pid, detail: 'killed', untilMono: killedAt + kills * AGAIN_MS }
}

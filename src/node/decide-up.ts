import type { Failure } from '../model/failure.ts'
import { unreachable } from '../model/result.ts'
import type { NodeState } from '../model/state.ts'
import type { Moment } from './decide.ts'
import { differences } from './differences.ts'
import type { UpGoal } from './goal.ts'
import type { Seen } from './observe.ts'
import type { Step } from './step.ts'
import { SILENT_AFTER_MS } from './vitals.ts'

const fail = (failure: Failure): Step => ({ step: 'fail', failure })

/** The row `up`: start it, or wait for who is starting it, or say why not. */
export function decideUp(goal: UpGoal, seen: Seen, moment: Moment): Step {
  const { state } = seen
  switch (state.state) {
    case 'stopped':
    case 'stale':
      return fromNothing(seen, moment)
    case 'starting':
      return booting(goal, state, seen, moment)
    case 'running':
    case 'quiet':
      return saidItsLast(goal, seen, moment) ?? up(goal, state, seen, moment)
    case 'draining':
      return whileDraining(goal, state, moment)
    case 'orphaned':
      return moment.memory.launched || moment.memory.joined
        ? died(seen, moment)
        : fail({ reason: 'orphaned', pgid: state.group.pgid, members: state.group.evidence.map(({ pid }) => pid) })
    case 'foreign':
      if (!goal.takeover) return fail({ reason: 'foreign', host: state.host })
      if (seen.pidfile.is === 'blocked')
        return fail({ reason: 'unknown', why: seen.pidfile.why, path: moment.target.pidfile })
      // Its pidfile names a process there; here the number is somebody else's, before whom the new worker would give way.
      return seen.pidfile.is === 'pid' || seen.pidfile.is === 'garbage' ? { step: 'clear' } : { step: 'launch' }
    case 'unknown':
      return fail({ reason: 'unknown', why: state.why, path: moment.target.pidfile })
    default:
      return unreachable(state)
  }
}

function fromNothing(seen: Seen, moment: Moment): Step {
  const { state, leftover } = seen
  if (leftover)
    return { step: 'clear', ...(state.state === 'stale' && !moment.memory.launched ? { why: state.why } : {}) }
  // One launch per command: what dies at once is reported, not tried again.
  return moment.memory.launched || moment.memory.joined ? died(seen, moment) : { step: 'launch' }
}

/** The facts; the loop adds how it ended and what it logged. */
function died({ record }: Seen, { target, memory }: Moment): Step {
  if (memory.stopping)
    return fail({ reason: 'start-timeout', pid: memory.stopping.pid, afterMs: 0, stopped: true, logTail: [] })
  if (memory.launched?.first && record?.wanted === 'up' && !memory.unwanted) return { step: 'unwant' }
  return fail({ reason: 'died', logTail: [], logfile: target.logfile })
}

function booting(goal: UpGoal, state: Extract<NodeState, { state: 'starting' }>, seen: Seen, moment: Moment): Step {
  const { pid } = state.identity
  if (needsPidfile(seen)) return { step: 'write-pidfile' }
  const deadline = moment.since + goal.startTimeoutMs
  if (moment.now < deadline) {
    return { step: 'wait', for: 'ready', pid, untilMono: deadline, ...(state.suspended ? { detail: 'suspended' } : {}) }
  }
  if (goal.atLimit === 'stop') return { step: 'signal-leader', signal: goal.plan.stop.warm }
  return fail({ reason: 'start-timeout', pid, afterMs: goal.startTimeoutMs, stopped: false, logTail: [] })
}

/**
 * It has said its last words, and lives: it is at its end, or about to boot anew in the same process (HUP of Celery). Then that is
 * joined, after an end the next one is started, and one that goes on all the same is up.
 */
function saidItsLast(goal: UpGoal, { vitals, launch }: Seen, { memory, now, since }: Moment): Step | undefined {
  const untilMono = since + goal.startTimeoutMs
  const isEnding = vitals?.state === 'gone' && vitals.heardMs < SILENT_AFTER_MS
  if (!launch || !isEnding || memory.launched || now >= untilMono) return undefined
  return { step: 'wait', for: 'ready', pid: launch.identity.pid, untilMono, detail: 'has said its last words' }
}

function up(
  goal: UpGoal,
  state: Extract<NodeState, { state: 'running' | 'quiet' }>,
  seen: Seen,
  { target, memory, now }: Moment,
): Step {
  const { pid } = state.identity
  if (needsPidfile(seen)) return { step: 'write-pidfile' }
  // By its own word, though nobody asked it here: soon it is no more, and nobody would start it.
  if (!memory.launched && seen.vitals?.state === 'draining') return fail({ reason: 'draining', pid })
  if (seen.record?.neverUp) return { step: 'want' }
  if (memory.launched) {
    const readyBy = seen.vitals || goal.plan.ready === 'pidfile' ? 'word' : 'alive'
    return { step: 'done', done: { result: 'started', pid, readyBy, aliveMs: now - (seen.launch?.startedMono ?? now) } }
  }
  const differs = differences(goal.plan, seen.record)
  const { record } = seen
  const isAnother = goal.fleetIsNamed || (goal.defaultPidfile && differs.length > 0)
  if (record && record.fleet !== target.fleet && isAnother) {
    return fail({ reason: 'taken', fleet: record.fleet, pid, pidfile: target.pidfile })
  }
  if (record && record.wanted === 'down') return { step: 'want' }
  const quiet = state.state === 'quiet' ? { quiet: true as const } : {}
  return { step: 'done', done: { result: 'already-running', pid, differs, ...quiet } }
}

/** Draining because this start gave up on it: wait for its end. Draining because somebody stopped it: not ours to undo. */
function whileDraining(
  goal: UpGoal,
  state: Extract<NodeState, { state: 'draining' }>,
  { memory, since }: Moment,
): Step {
  const pid = state.leader?.pid ?? state.group?.pgid ?? 0
  return memory.stopping && memory.signalled
    ? { step: 'wait', for: 'stopped', pid, untilMono: since + 2 * goal.startTimeoutMs }
    : fail({ reason: 'draining', pid })
}

/** A pidfile that the manager writes and that does not name the worker: we were killed in between, or someone removed it. */
const needsPidfile = ({ record, launch, pidfile }: Seen): boolean =>
  record?.plan?.pidfileOwner === 'manager' &&
  launch !== undefined &&
  !launch.adopted &&
  pidfile.is !== 'blocked' &&
  pidfile.is !== 'unread' &&
  !(pidfile.is === 'pid' && pidfile.pid === launch.identity.pid)

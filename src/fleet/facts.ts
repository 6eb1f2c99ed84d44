import type { Failure } from '../model/failure.ts'
import { type Exit, type Identity, isDead } from '../model/process.ts'
import { logTail } from '../node/log-tail.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

/** Adds to a failure what only the loop knows: how our child ended, and what it logged. */
export async function completeFailure(run: Run, failure: Failure, system: System): Promise<Failure> {
  const { launched, joined } = run.memory
  const offset = launched?.logOffset ?? joined?.logOffset ?? run.seen?.launch?.logOffset ?? 0
  const { logfile } = run.task.target
  if (failure.reason === 'died') {
    const exit = launched && (await exitOf(system, launched.identity))
    return { ...failure, logTail: await logTail(system, logfile, offset), ...(exit ? { exit } : {}) }
  }
  if (failure.reason === 'start-timeout') {
    const afterMs = run.goal.goal === 'up' ? run.goal.startTimeoutMs : failure.afterMs
    return { ...failure, afterMs, logTail: await logTail(system, logfile, offset) }
  }
  const isRefused = failure.reason === 'denied' || failure.reason === 'system'
  return isRefused && launched && (await lives(system, launched.identity))
    ? { ...failure, pid: launched.identity.pid }
    : failure
}

/** What was started before a file could not be written: who does not read of it starts it again elsewhere, and has two. */
async function lives(system: System, { pid, startTicks }: Identity): Promise<boolean> {
  const read = await system.process(pid)
  return read.found === 'process' && read.facts.startTicks === startTicks && !isDead(read.facts)
}

/** /proc may show a zombie before the event loop has heard of its end. */
async function exitOf(system: System, identity: Identity): Promise<Exit | undefined> {
  for (let turn = 0; turn < 100; turn++) {
    const exit = system.exitOf(identity)
    if (exit) return exit
    await system.rest(5)
  }
  return undefined
}

/** Where an interrupted node stands. */
export function standingOf({ seen, goal, memory }: Run): Failure {
  const isAsked = memory.asked !== undefined && memory.asked.id === seen?.launch?.id
  const pid = seen?.launch?.identity.pid
  const handedOn = goal.goal === 'up' && goal.foreground === true && memory.launched !== undefined
  return {
    reason: 'interrupted',
    state: isAsked ? 'draining' : (seen?.state.state ?? 'not touched'),
    ...(pid === undefined ? {} : { pid }),
    ...(handedOn ? { handedOn } : {}),
  }
}

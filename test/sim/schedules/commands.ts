import type { FleetEvent } from '../../../src/model/events.ts'
import type { StatusRow } from '../../../src/model/status.ts'
import { type Command, type Fleet, RUN, UID } from './fleet.ts'
import type { Issued, Schedule, Verb } from './schedule.ts'

const LINES: Readonly<Record<Verb, string>> = {
  start: 'START',
  stop: 'stop NODES',
  stopwait: 'stopwait NODES --orphan-grace=50ms',
  'stopwait or kill': 'stopwait NODES --timeout=150ms --then=kill --orphan-grace=50ms',
  restart: 'restart NODES --startsecs=20ms --orphan-grace=50ms',
  'restart in turn': 'restart NODES --rolling --startsecs=20ms --orphan-grace=50ms',
  kill: 'kill NODES',
  quiet: 'quiet NODES --timeout=300ms',
  resume: 'resume NODES --timeout=300ms',
  status: 'status NODES',
}

/** How long the worker is given before `stopwait or kill` may kill, ms. */
export const PATIENCE_MS = 150

/** Whoever is to be able to see to the fleet in the end: root, if root has had a hand in it. */
export const uidOf = ({ commands }: Schedule, one?: Issued): number =>
  (one === undefined ? commands.some(({ by }) => by === 'root') : one.by === 'root') ? 0 : UID

export function lineOf(fleet: Fleet, verb: Verb, uid: number, names = fleet.names): string {
  const line = LINES[verb].replace('START', fleet.startOf(names)).replace('NODES', names)
  // Root's default pidfiles are elsewhere.
  return uid === UID ? line : `${line} --pidfile=${RUN}/%n.pid`
}

export const isNamed = ({ only }: Issued, node: string): boolean => only === undefined || only === node

/** A command of a schedule, and when it was given. */
export interface Begun {
  readonly issued: Issued
  readonly command: Command
  readonly at: number
}

export function begin(
  fleet: Fleet,
  schedule: Schedule,
  issued: Issued,
  hear: (begun: Begun, event: FleetEvent) => void,
): Begun {
  const uid = uidOf(schedule, issued)
  const command = fleet.issue(lineOf(fleet, issued.verb, uid, issued.only), uid)
  if (issued.killedAt !== undefined) fleet.world.killAt(command.system, issued.killedAt)
  const begun: Begun = { issued, command, at: fleet.world.clock.now }
  const push = command.events.push.bind(command.events)
  command.events.push = (...events: FleetEvent[]): number => {
    for (const event of events) hear(begun, event)
    return push(...events)
  }
  return begun
}

/** At the very moment at which it answers; killed, or short of something, it never does. */
export function hearRows({ command }: Begun, hear: (rows: readonly StatusRow[]) => void): void {
  command.answer.then(
    (answer) => answer.kind === 'status' && hear(answer.rows),
    () => undefined,
  )
}

export function whenKilled({ command }: Begun, run: () => void): void {
  const { multi } = command.system
  const { onEnd } = multi.process
  multi.process.onEnd = () => {
    onEnd?.()
    if (multi.ended) run()
  }
}

import type { Outcome } from '../../../src/model/outcome.ts'
import type { StatusRow } from '../../../src/model/status.ts'
import type { SimProcess } from '../index.ts'
import { type Begun, isNamed, PATIENCE_MS, uidOf } from './commands.ts'
import { type Fleet, UID } from './fleet.ts'
import { type Glimpse, glimpse, misjudged } from './glimpse.ts'
import { isStranger } from './happenings.ts'
import type { Issued, Schedule, Verb } from './schedule.ts'
import { saidReady } from './talkers.ts'
import { workerOf } from './workers.ts'

const DOWN = new Set<Verb>(['stop', 'stopwait', 'stopwait or kill', 'restart', 'restart in turn', 'kill'])
const UP = new Set<Verb>(['start', 'restart', 'restart in turn'])
const RESTARTS = new Set<Verb>(['restart', 'restart in turn'])

/** What only kills is no excuse for those that go on. */
const isRefused = ({ faults = [] }: Schedule): boolean => faults.some(({ kills }) => kills !== true)

const happens = ({ happenings = [] }: Schedule, ...what: string[]): boolean =>
  happenings.some((one) => what.includes(one.what))

/** An outcome is said of a moment; what another command has done since does not make it a lie. */
export function judgeOutcome(
  fleet: Fleet,
  schedule: Schedule,
  { issued: one, at }: Pick<Begun, 'issued' | 'at'>,
  outcome: Outcome,
): string | undefined {
  const node = outcome.target.short
  const alive = fleet.processesOf(node)
  const others = (verbs: ReadonlySet<Verb>): boolean =>
    schedule.commands.some((other) => other !== one && verbs.has(other.verb) && isNamed(other, node))
  const mayDie = others(DOWN) || happens(schedule, 'worker killed') || workerOf(fleet.worker).leaves === true
  const complaint = complaintOf(fleet, schedule, one, outcome, { alive, others, mayDie, since: at })
  return complaint === undefined ? undefined : `${one.verb} ${node}: ${complaint}`
}

/** What a `status` that begins now says in the end is judged by that. */
export function judgeStatus(fleet: Fleet, schedule: Schedule): (rows: readonly StatusRow[]) => string[] {
  const before = new Map<string, Glimpse>(fleet.nodes.map((node) => [node, glimpse(fleet, node)]))
  const mayNotKnow = uidOf(schedule) !== UID
  return (rows) =>
    rows.flatMap((row) => {
      const [node = ''] = row.name.split('@', 1)
      const seen = before.get(node)
      const wrong = seen && misjudged(fleet, node, row, seen, mayNotKnow)
      return wrong === undefined ? [] : [`status then: ${wrong}`]
    })
}

interface Around {
  readonly alive: readonly SimProcess[]
  readonly others: (verbs: ReadonlySet<Verb>) => boolean
  readonly mayDie: boolean
  /** When the command began. */
  readonly since: number
}

/** What becomes of pidfiles, and what is said of a worker that was named by none other. */
const PIDFILES = ['pidfile removed', 'pidfile names a stranger', 'pidfile emptied'] as const
const LOST = /neither record nor pidfile names it/

/** --startsecs of mute workers, ms. */
const START_MS = 20

/** Somebody who was started since with the pid that another had until then. */
function isSuccessor({ world }: Fleet, pid: number, bornAt: number, since: number): boolean {
  const ended = world.machine.ended.get(pid)
  return ended !== undefined && ended.at >= since && bornAt >= ended.at
}

function complaintOf(
  fleet: Fleet,
  schedule: Schedule,
  one: Issued,
  outcome: Outcome,
  { alive, others, mayDie, since }: Around,
): string | undefined {
  const { worker, world } = fleet
  switch (outcome.result) {
    case 'started':
    case 'restarted':
    case 'already-running':
    case 'quieted':
    case 'resumed': {
      const named = alive.find(({ pid }) => pid === outcome.pid)
      // Its machine may have kept it from dying at once.
      const ended = world.machine.ended.get(outcome.pid)
      if (!named && outcome.result === 'started' && ended && ended.at - ended.bornAt >= START_MS) return undefined
      if (!named)
        return mayDie || RESTARTS.has(one.verb) ? undefined : `${outcome.result} ${outcome.pid}, which is dead`
      // With the clock set back its words are too old to be believed, and it counts as mute.
      // `said: false` claims no more than that it was told.
      const claims = !('said' in outcome) || outcome.said
      const mustSay = claims && workerOf(worker).honest && !happens(schedule, 'clock set') && !isRefused(schedule)
      return mustSay && !saidReady(named) ? `${outcome.result} ${outcome.pid}, which has not said so` : undefined
    }
    case 'stopped':
      return alive.some(({ pgrp, bornAt }) => pgrp === outcome.pid && !isSuccessor(fleet, outcome.pid, bornAt, since))
        ? `stopped ${outcome.pid}, whose group lives`
        : undefined
    case 'already-down':
    case 'forgotten':
      return alive.length > 0 && !others(UP) ? `${outcome.result}, but it lives` : undefined
    case 'signalled':
    case 'draining':
      return undefined
    case 'failed': {
      const { reason } = outcome.failure
      // What root has written its users may not read; and a worker that is not recorded yet is known by its pidfile alone.
      const mayNotKnow =
        isRefused(schedule) ||
        schedule.commands.some(({ by }) => by === 'root') ||
        (outcome.failure.reason === 'unknown' && LOST.test(outcome.failure.why) && happens(schedule, ...PIDFILES))
      if ((reason === 'unknown' || reason === 'foreign') && !mayNotKnow) return JSON.stringify(outcome.failure)
      const excused = mayDie || workerOf(worker).start === 'dies' || isRefused(schedule)
      return reason === 'died' && !excused && !DOWN.has(one.verb) ? 'died, and nobody stopped it' : undefined
    }
  }
}

/** Promises two and three: never a stranger, nobody killed unasked, and asked to end only once. */
export function judgeSignals(fleet: Fleet, schedule: Schedule, begun: readonly Begun[], found: Set<string>): void {
  const { commands, faults = [] } = schedule
  const terms = new Map<SimProcess, number>()
  const senders = new Map(begun.map((one) => [one.command.system.multi.process, one]))
  for (const { signal, process, toGroup, at, sender } of fleet.world.signals) {
    const by = senders.get(sender)
    if (isStranger(process)) found.add(`${signal} to stranger ${process.pid} (${process.argv.join(' ')})`)
    const node = nodeOf(process)
    if (by !== undefined && node !== undefined && !isNamed(by.issued, node))
      found.add(`${signal} to ${process.pid} of ${node} by ${by.issued.verb} ${by.issued.only}`)
    // Who sends it must itself have been asked for it: another's wish, or limit, is no excuse.
    if (signal === 'KILL' && !(by !== undefined && mayKill(by, at)))
      found.add(`KILL to ${process.pid}, unasked or before its time was over`)
    if (signal === 'TERM' && !toGroup) terms.set(process, (terms.get(process) ?? 0) + 1)
  }
  // A command that dies, or is refused a file, between the signal and the record leaves nothing by which the next could know.
  const excused = commands.filter(({ killedAt }) => killedAt !== undefined).length + faults.length * 3
  for (const [{ pid }, count] of terms) if (count > 1 + excused) found.add(`${count} TERMs to ${pid}`)
}

/** `w1` of `w1@sim`. */
export const nodeOf = ({ env }: SimProcess): string | undefined => env['MULTI_NODE']?.split('@', 1)[0]

/** By whether it is told to kill, and whether its limit is over: a command sends nothing before it was given. */
const mayKill = ({ issued, at: since }: Begun, at: number): boolean =>
  issued.verb === 'kill' || (issued.verb === 'stopwait or kill' && at >= since + PATIENCE_MS)

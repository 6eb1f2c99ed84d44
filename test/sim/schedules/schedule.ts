import type { Outcome } from '../../../src/model/outcome.ts'
import { shortageOf } from '../../../src/system/fault.ts'
import { type FaultRule, Stuck } from '../index.ts'
import { type Begun, begin, hearRows, lineOf, uidOf, whenKilled } from './commands.ts'
import { lies } from './crash.ts'
import { type Command, Fleet, type FleetOptions, NoAnswer, outcomesOf, UID } from './fleet.ts'
import { comeAndGo, happen, reboot, resumeAll } from './happenings.ts'
import { judgeOutcome, judgeSignals, judgeStatus, nodeOf } from './judge.ts'
import { workerOf } from './workers.ts'

export type Verb =
  | 'start'
  | 'stop'
  | 'stopwait'
  /** With a limit, at which it kills. */
  | 'stopwait or kill'
  | 'restart'
  | 'restart in turn'
  | 'kill'
  | 'quiet'
  | 'resume'
  | 'status'

export interface Issued {
  readonly verb: Verb
  /** ms after the schedule began. */
  readonly at: number
  /** It dies instead of making this call. */
  readonly killedAt?: number | undefined
  /** Default: the fleet's own user. */
  readonly by?: 'root' | undefined
  /** Somebody asks with `status` as soon as it has been killed. */
  readonly asked?: boolean | undefined
  /** The one node that it names. Default: all. */
  readonly only?: string | undefined
}

/** What nobody asked multi for. */
export interface Happening {
  readonly what:
    | 'worker killed'
    | 'worker suspended'
    | 'worker resumed'
    | 'Ctrl-C'
    | 'clock set'
    | 'pidfile removed'
    | 'pidfile emptied'
    | 'pidfile names a stranger'
  readonly at: number
}

/** The machine loses power; commands that were to come later come after it. */
export interface Reboot {
  readonly at: number
  /** How much is there of what was written last. */
  readonly torn: false | 'half' | 'empty'
}

/** What happens at once on a machine. Everything else follows from the seed. */
export interface Schedule extends FleetOptions {
  readonly seed: number
  readonly begins: 'up' | 'down'
  readonly happenings?: readonly Happening[]
  readonly commands: readonly Issued[]
  /** Strangers come and go, and take every pid that becomes free; ms between two of them. */
  readonly strangersEvery?: number | undefined
  /** What the operating system refuses, counted from the first command. */
  readonly faults?: readonly FaultRule[]
  readonly reboot?: Reboot
}

/** Nobody stays suspended for ever. */
const RESUMED_AT_MS = 3000

interface Played {
  /** What was wrong; empty when all promises held. */
  readonly complaints: readonly string[]
  readonly fleet: Fleet
}

export const complaintsOf = async (schedule: Schedule): Promise<readonly string[]> =>
  (await play({ ...schedule, story: false })).complaints

/** Plays it to its end, checking the promises at every step, and whether one command more makes everything right. */
export async function play(schedule: Schedule): Promise<Played> {
  const fleet = new Fleet(schedule)
  const found = new Set<string>()
  try {
    await perform(fleet, schedule, found)
  } catch (error) {
    found.add(complaintOf(fleet, error as Error))
  }
  return { complaints: [...found], fleet }
}

/** That a command threw, answered nothing of use or never ended is its fault; all else is no finding, but a fault of ours. */
function complaintOf({ commands }: Fleet, error: Error): string {
  const message = firstLine(error)
  const command = commands.find((one) => one.error === error)
  if (command) return `${command.line} threw: ${message}`
  return error instanceof Stuck || error instanceof NoAnswer
    ? message
    : `the simulated machine threw: ${error.name}: ${message}`
}

/** What each came to, first of all. */
const told = (outcomes: readonly Outcome[]): string =>
  JSON.stringify(outcomes.map(({ target: { short, fleet }, ...came }) => ({ [short]: came, fleet })))

const firstLine = ({ message }: Error): string => message.split('\n', 1)[0] ?? ''

async function perform(fleet: Fleet, schedule: Schedule, found: Set<string>): Promise<void> {
  const { world } = fleet
  // Root, and whoever writes pidfiles there, would make them their own.
  if (uidOf(schedule) !== UID || schedule.happenings?.some(({ what }) => what.startsWith('pidfile'))) fleet.furnish()
  if (schedule.begins === 'up') await fleet.done(fleet.start)
  if (schedule.strangersEvery !== undefined) comeAndGo(fleet, schedule.strangersEvery)
  // Only a birth can make two of one; before the next call one of them may be dead.
  world.machine.onBirth = (born) => {
    const node = born.pid === born.session && !born.escaped ? nodeOf(born) : undefined
    const leaders = node === undefined ? [] : fleet.leadersOf(node)
    if (leaders.length > 1) found.add(`${node}: ${leaders.map((one) => one.pid).join(' and ')} live at once`)
  }
  world.onCall(({ call, args }) => {
    if (call !== 'signalGroup' || args[1] !== 'TERM') return
    if (fleet.nodes.flatMap(fleet.leadersOf).some(({ pid }) => pid === args[0]))
      found.add(`TERM to the whole group of ${String(args[0])}, whose leader lives`)
  })
  for (const rule of schedule.faults ?? []) world.fault(rule)
  const begun = await phases(fleet, schedule, found)
  world.clearFaults()
  for (const { command, issued } of begun)
    if (!command.result && !wasEnded(command))
      found.add(command.error ? `${issued.verb} threw: ${firstLine(command.error)}` : `${issued.verb} never ended`)
  judgeSignals(fleet, schedule, [...begun, ...(await atRest(fleet, schedule, found))], found)
}

/** Killed; or short of something in the middle of a look, which src/cli takes for a failure and no bug. */
const wasEnded = ({ system, error }: Command): boolean =>
  system.multi.ended || (error !== undefined && shortageOf(error) !== undefined)

/** Before the reboot and after it; mostly there is none. */
async function phases(fleet: Fleet, schedule: Schedule, found: Set<string>): Promise<Begun[]> {
  const { commands, happenings = [], reboot: power } = schedule
  const until = power?.at ?? Infinity
  const first = await phase(fleet, schedule, found, 0, commands, happenings, until)
  if (power === undefined) return first
  reboot(fleet, power)
  const later = commands.filter(({ at }) => at >= until)
  return [...first, ...(await phase(fleet, schedule, found, until, later, [], Infinity))]
}

async function phase(
  fleet: Fleet,
  schedule: Schedule,
  found: Set<string>,
  from: number,
  commands: readonly Issued[],
  happenings: readonly Happening[],
  until: number,
): Promise<Begun[]> {
  const { world } = fleet
  const begun: Begun[] = []
  const hear: Parameters<typeof begin>[3] = (one, event) => {
    const complaint = event.event === 'outcome' ? judgeOutcome(fleet, schedule, one, event.outcome) : undefined
    if (complaint !== undefined) found.add(complaint)
  }
  let due = 0
  const give = (one: Issued): void => {
    const judge = one.verb === 'status' ? judgeStatus(fleet, schedule) : undefined
    const given = begin(fleet, schedule, one, hear)
    begun.push(given)
    if (judge)
      hearRows(given, (rows) => {
        for (const wrong of judge(rows)) found.add(wrong)
      })
    if (one.asked === true)
      whenKilled(given, () => {
        due++
        world.after(0, () => {
          due--
          give({ verb: 'status', at: one.at, by: one.by, only: one.only })
        })
      })
  }
  for (const one of commands) world.after(one.at - from, () => give(one))
  for (const one of happenings) world.after(one.at - from, () => happen(fleet, one, begun))
  const suspends = happenings.some(({ what }) => what === 'worker suspended')
  if (suspends) world.after(RESUMED_AT_MS, () => resumeAll(fleet))
  if (until < Infinity) {
    await world.pass(until - from)
    return begun
  }
  const times = [...commands, ...happenings].map(({ at }) => at)
  await world.pass(Math.max(from, suspends ? RESUMED_AT_MS : 0, ...times) - from + 1)
  await world.runWhile(() => due > 0 || begun.some(({ command }) => command.system.multi.alive))
  return begun
}

/** When all is over, one command more makes everything right. Answers what it gave for commands. */
async function atRest(fleet: Fleet, schedule: Schedule, found: Set<string>): Promise<Begun[]> {
  const { obstinate, start, leaves } = workerOf(fleet.worker)
  const uid = uidOf(schedule)
  const ending: Verb = obstinate ? 'stopwait or kill' : 'stopwait'
  const given: Begun[] = []
  const outcomes = async (verb: Verb) => {
    const at = fleet.world.clock.now
    const command = await fleet.done(lineOf(fleet, verb, uid), uid)
    given.push({ issued: { verb, at }, command, at })
    return outcomesOf(command)
  }
  await fleet.world.pass(500)
  const rows = await fleet.status(lineOf(fleet, 'status', uid), uid)
  for (const [at, node] of fleet.nodes.entries()) {
    const lie = lies(fleet, node, rows[at])
    if (lie) found.add(`status: ${lie}`)
  }
  const ended = await outcomes(ending)
  if (ended.some(({ result }) => result === 'failed')) found.add(`${ending} afterwards: ${told(ended)}`)
  const started = await outcomes('start')
  const leaders = start === 'dies' || leaves ? [0, 1] : [1]
  for (const { result, target } of started)
    if (
      (result === 'failed' ? start === undefined && !leaves : start === 'never ready') ||
      !leaders.includes(fleet.leadersOf(target.short).length)
    )
      found.add(`start afterwards: ${told(started)}`)
  const stopped = await outcomes(ending)
  const expected = start === 'dies' || leaves ? ['stopped', 'already-down'] : ['stopped']
  if (stopped.some(({ result }) => !expected.includes(result))) found.add(`stopwait afterwards: ${told(stopped)}`)
  if (fleet.nodes.some((node) => fleet.processesOf(node).length > 0)) found.add('somebody is left')
  // With a record goes its number: a claim above it is void only when the numbers have come so far again.
  // And a draft stays where its writer's pid and start ticks are, after a reboot, those of somebody who lives.
  const { reboot: power } = schedule
  const kept = power?.torn ? /^\.w\d\.pid\.multi\.(json|claim)/ : power ? /\.multi\.json/ : /^\.w\d\.pid\.multi\.json$/
  const files = fleet.files().filter((name) => name !== '.multi.lock' && !kept.test(name))
  if (files.length > 0) found.add(`left: ${files.join(' ')}`)
  return given
}

import type { FleetEvent } from '../../../src/model/events.ts'
import type { Outcome } from '../../../src/model/outcome.ts'
import { drains, type SimProcess, sleeper } from '../index.ts'
import { lies } from './crash.ts'
import { type Command, Fleet, type FleetOptions } from './fleet.ts'

export interface Issued {
  readonly verb: 'start' | 'stop' | 'stopwait' | 'restart' | 'kill'
  /** ms after the schedule began. */
  readonly at: number
  /** It dies instead of making this call. */
  readonly killedAt?: number | undefined
}

/** What nobody asked multi for. */
export interface Happening {
  readonly what: 'worker killed' | 'worker suspended' | 'worker resumed' | 'Ctrl-C' | 'clock set'
  readonly at: number
}

/** What happens at once on a machine. Everything else follows from the seed. */
export interface Schedule extends FleetOptions {
  readonly seed: number
  readonly begins: 'up' | 'down'
  readonly happenings?: readonly Happening[]
  readonly commands: readonly Issued[]
  /** Strangers come and go, and take every pid that becomes free; ms between two of them. */
  readonly strangersEvery?: number | undefined
}

const LINES: Readonly<Record<Issued['verb'], string>> = {
  start: 'START',
  stop: 'stop NODES',
  stopwait: 'stopwait NODES --orphan-grace=50ms',
  restart: 'restart NODES --startsecs=20ms --orphan-grace=50ms',
  kill: 'kill NODES',
}

export async function complaintsOf(schedule: Schedule): Promise<string[]> {
  const fleet = new Fleet(schedule)
  const { world } = fleet
  const found = new Set<string>()
  const lineOf = ({ verb }: Pick<Issued, 'verb'>): string =>
    LINES[verb].replace('START', fleet.start).replace('NODES', fleet.names)
  if (schedule.begins === 'up') await fleet.done(fleet.start)
  if (schedule.strangersEvery !== undefined) comeAndGo(fleet, schedule.strangersEvery)
  world.onCall(() => {
    for (const node of fleet.nodes) {
      const leaders = fleet.leadersOf(node)
      if (leaders.length > 1) found.add(`${node}: ${leaders.map(({ pid }) => pid).join(' and ')} live at once`)
    }
  })
  const begun: Command[] = []
  for (const one of schedule.commands)
    world.after(one.at, () => begun.push(begin(fleet, schedule, one, lineOf(one), found)))
  for (const one of schedule.happenings ?? []) world.after(one.at, () => happen(fleet, one, begun))
  // Nobody stays suspended for ever.
  if (schedule.happenings)
    world.after(3000, () => fleet.nodes.flatMap(fleet.leadersOf).map((one) => world.signal(one, 'CONT')))
  await world.pass(Math.max(...schedule.commands.map(({ at }) => at)) + 1)
  await world.runWhile(() => begun.some(({ system }) => system.multi.alive))
  for (const { line, result, system } of begun)
    if (!result && system.multi.calls < system.multi.killAt) found.add(`${line} threw or never ended`)
  await atRest(fleet, found)
  judgeSignals(fleet, schedule, found)
  return [...found]
}

function happen({ world, nodes, leadersOf }: Fleet, { what, at }: Happening, begun: readonly Command[]): void {
  const leader = leadersOf(nodes[0] ?? '')[0]
  if (what === 'Ctrl-C') for (const { system } of begun) world.interrupt(system)
  else if (what === 'clock set') world.clock.jump(at % 2 === 0 ? 3_600_000 : -3_600_000)
  else if (leader)
    world.signal(leader, what === 'worker killed' ? 'KILL' : what === 'worker suspended' ? 'STOP' : 'CONT')
}

function begin(fleet: Fleet, schedule: Schedule, one: Issued, line: string, found: Set<string>): Command {
  const command = fleet.issue(line)
  if (one.killedAt !== undefined) fleet.world.killAt(command.system, one.killedAt)
  const push = command.events.push.bind(command.events)
  command.events.push = (...events: FleetEvent[]): number => {
    for (const event of events) if (event.event === 'outcome') judge(fleet, schedule, line, event.outcome, found)
    return push(...events)
  }
  return command
}

const DOWN = new Set(['stop', 'stopwait', 'restart', 'kill'])
const UP = new Set(['start', 'restart'])

/** An outcome is said of a moment; what another command has done since does not make it a lie. */
function judge(
  fleet: Fleet,
  { commands, happenings = [] }: Schedule,
  line: string,
  outcome: Outcome,
  found: Set<string>,
): void {
  const node = outcome.target.short
  const others = (verbs: ReadonlySet<string>) =>
    commands.some(({ verb }) => verbs.has(verb) && !line.startsWith(`${verb} `))
  const alive = fleet.processesOf(node)
  const mayDie = others(DOWN) || happenings.some(({ what }) => what === 'worker killed')
  const say = (text: string): void => void found.add(`${line.split(' ')[0]} ${node}: ${text}`)
  switch (outcome.result) {
    case 'started':
    case 'restarted':
    case 'already-running':
    case 'quieted':
    case 'resumed':
      if (!alive.some(({ pid }) => pid === outcome.pid) && !mayDie && !line.startsWith('restart'))
        say(`${outcome.result} ${outcome.pid}, which is dead`)
      return
    case 'stopped':
      if (alive.some(({ pgrp }) => pgrp === outcome.pid)) say(`stopped ${outcome.pid}, whose group lives`)
      return
    case 'already-down':
      if (alive.length > 0 && !others(UP)) say('already down, but it lives')
      return
    case 'signalled':
    case 'draining':
      return
    case 'failed': {
      const { reason } = outcome.failure
      if (reason === 'unknown' || reason === 'foreign') say(JSON.stringify(outcome.failure))
      if (reason === 'died' && !mayDie && !commands.some(({ verb }) => DOWN.has(verb)))
        say('died, and nobody stopped it')
    }
  }
}

/** When all is over, one command more makes everything right. */
async function atRest(fleet: Fleet, found: Set<string>): Promise<void> {
  await fleet.world.pass(500)
  const rows = await fleet.status()
  for (const [at, node] of fleet.nodes.entries()) {
    const lie = lies(fleet, node, rows[at])
    if (lie) found.add(`status: ${lie}`)
  }
  await fleet.done(`stopwait ${fleet.names} --orphan-grace=50ms`)
  const started = await fleet.outcomes(fleet.start)
  for (const { result, target } of started)
    if (result === 'failed' || fleet.leadersOf(target.short).length !== 1)
      found.add(`start afterwards: ${JSON.stringify(started)}`)
  const stopped = await fleet.outcomes(`stopwait ${fleet.names} --orphan-grace=50ms`)
  if (stopped.some(({ result }) => result !== 'stopped')) found.add(`stopwait afterwards: ${JSON.stringify(stopped)}`)
  if (fleet.nodes.some((node) => fleet.processesOf(node).length > 0)) found.add('somebody is left')
  const files = fleet.files().filter((name) => name !== '.multi.lock' && !/^\.w\d\.pid\.multi\.json$/.test(name))
  if (files.length > 0) found.add(`left: ${files.join(' ')}`)
}

function judgeSignals(fleet: Fleet, { commands }: Schedule, found: Set<string>): void {
  const terms = new Map<SimProcess, number>()
  for (const { signal, process, toGroup } of fleet.world.signals) {
    if (!fleet.isOurs(process)) found.add(`${signal} to stranger ${process.pid} (${process.argv.join(' ')})`)
    if (signal === 'KILL' && !commands.some(({ verb }) => verb === 'kill')) found.add(`KILL to ${process.pid}`)
    if (signal === 'TERM' && !toGroup) terms.set(process, (terms.get(process) ?? 0) + 1)
  }
  // A command that dies between the signal and the record leaves nothing by which the next could know.
  const crashes = commands.filter(({ killedAt }) => killedAt !== undefined).length
  for (const [{ pid }, count] of terms) if (count > 1 + crashes) found.add(`${count} TERMs to ${pid}`)
}

/** Other people's processes: some lead sessions, some leave them to a child, as daemons do. */
function comeAndGo(fleet: Fleet, everyMs: number): void {
  const { world } = fleet
  let number = 0
  const next = (): void => {
    number++
    const daemon = number % 3 === 0
    const behaviour = daemon
      ? { forks: [{ ...sleeper, exitsAfter: 400 }], exitsAfter: 5 }
      : { ...drains(1), exitsAfter: 20 + (number % 7) * 30 }
    try {
      world.launch([`/opt/stranger${number}`], { uid: 1000, env: { PATH: '/usr/bin' }, behaviour })
    } catch {
      // No pid is free just now.
    }
    // Not a hope of the test's: it goes on only as long as something else does.
    world.clock.after(everyMs, next)
  }
  next()
}

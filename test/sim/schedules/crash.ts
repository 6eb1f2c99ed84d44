import type { StatusRow } from '../../../src/model/status.ts'
import { type Command, Fleet, type FleetOptions, outcomesOf } from './fleet.ts'

/** A command that is killed at each of its calls in turn. */
export interface Case extends FleetOptions {
  /** Lines that run whole before it. `START` is how this fleet is started. */
  readonly before?: readonly string[]
  /** The line that is killed, and then given again. */
  readonly line: string
  /** Makes the machine as it shall be before anything runs. */
  readonly arrange?: (fleet: Fleet) => void
}

interface MadeCall {
  readonly call: string
  readonly args: readonly unknown[]
}

const written = (fleet: Fleet, line: string): string => line.replace('START', fleet.start).replace('NODES', fleet.names)

async function prepared(one: Case): Promise<Fleet> {
  const fleet = new Fleet(one)
  fleet.world.launch(['/usr/sbin/sshd', '-D'], { uid: 1000, env: { PATH: '/usr/bin' }, log: '/dev/null' })
  one.arrange?.(fleet)
  for (const line of one.before ?? []) await fleet.done(written(fleet, line))
  return fleet
}

/** How many calls it makes when nobody kills it. */
export async function callsOf(one: Case): Promise<number> {
  const fleet = await prepared(one)
  const { system } = await fleet.done(written(fleet, one.line))
  return system.multi.calls
}

export interface Crashed {
  readonly fleet: Fleet
  readonly killed: Command
  /** What it had done before it died. */
  readonly made: readonly MadeCall[]
}

/** Lets it die instead of making its n-th call. */
export async function crashAt(one: Case, call: number): Promise<Crashed> {
  const fleet = await prepared(one)
  const killed = fleet.issue(written(fleet, one.line))
  const made: MadeCall[] = []
  fleet.world.onCall(({ multi, call: name, args }) => {
    if (multi === killed.system.multi) made.push({ call: name, args })
  })
  fleet.world.killAt(killed.system, call)
  await fleet.world.runWhile(() => killed.system.multi.alive)
  fleet.world.onCall(undefined)
  return { fleet, killed, made }
}

export const again = async ({ fleet, killed }: Crashed): Promise<readonly string[]> => {
  const second = await fleet.done(killed.line)
  return outcomesOf(second).map((one) => (one.result === 'failed' ? JSON.stringify(one.failure) : one.result))
}

/**
 * What passes for a worker that nobody could record any more: the worker is gone, and left this in a session of its own, with its
 * mark. Nothing tells the one from the other, and CAVEATS says so. Not where the record names the worker that had that mark.
 */
export function passesForWorker(fleet: Fleet, node: string, pid: number | undefined): boolean {
  const there = pid === undefined ? undefined : fleet.world.process(pid)
  if (!there?.escaped || there.dead || there.env['MULTI_NODE'] === undefined) return false
  if (fleet.leadersOf(node).length > 0) return false
  const { launch } = fleet.recordOf(node) ?? {}
  return launch?.id !== there.env['MULTI_LAUNCH'] || launch?.identity.pid === pid
}

/** Whether a row of `status` can be true of a machine that looks like this. */
export function lies(fleet: Fleet, node: string, row: StatusRow | undefined): string | undefined {
  if (!row) return `${node}: no row`
  const leaders = fleet.leadersOf(node)
  const pids = leaders.map(({ pid }) => pid)
  const said = `${node}: ${row.state} ${row.pid ?? ''} (${row.note ?? ''}), alive are [${pids.join(', ')}]`
  switch (row.state) {
    case 'stopped':
    case 'stale':
      return fleet.processesOf(node).length === 0 ? undefined : said
    case 'starting':
    case 'running':
    case 'quiet':
      return (pids.length === 1 && pids[0] === row.pid) || passesForWorker(fleet, node, row.pid) ? undefined : said
    case 'draining':
      return row.pid === undefined || pids[0] === row.pid ? undefined : said
    case 'orphaned':
      return leaders.length === 0 && fleet.processesOf(node).length > 0 ? undefined : said
    case 'foreign':
    case 'unknown':
      return said
  }
}

/**
 * TERMs to main processes beyond the first, per process; and how many are excused, because the command died after it
 * had signalled that one and before it could write that down.
 */
export function extraTerms({ fleet, made }: Crashed): { readonly extra: number; readonly excused: number } {
  const counts = new Map<string, number>()
  for (const { signal, toGroup, process } of fleet.world.signals) {
    if (signal !== 'TERM' || toGroup) continue
    const key = `${process.pid}:${process.startTicks}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const extra = [...counts.values()].reduce((sum, count) => sum + count - 1, 0)
  let open = 0
  for (const { call, args } of made) {
    if (call === 'signal' && args[1] === 'TERM') open++
    if (call === 'rename' && open > 0) open--
  }
  return { extra, excused: open }
}

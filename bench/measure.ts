import { once } from 'node:events'
import { cpuOf } from './cpu.ts'
import { megabytesOf, pagesOf } from './memory.ts'
import type { Command, Fleet, Metric, Peer } from './peer.ts'
import { multi } from './peers/multi.ts'
import { Samples } from './samples.ts'
import type { Stage } from './stage.ts'
import { Watch } from './watch.ts'

/** What one round has found. */
export type Found = Partial<Record<Metric | 'cold', number>>

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

interface Started {
  readonly watch: Watch
  readonly alive: number
  /** Missing for a daemon that stays in the foreground. */
  readonly returned?: number
  readonly cpu: number
  /** Ends such a daemon. */
  readonly signal?: (name: NodeJS.Signals) => Promise<unknown>
}

async function start(stage: Stage, command: Command, count: number): Promise<Started> {
  const watch = new Watch(stage.token)
  try {
    const [alive, { began, ms, cpu }] = await Promise.all([watch.untilAlive(count), stage.run(command)])
    return { watch, alive: alive - began, returned: ms, cpu }
  } finally {
    watch.abandon() // The command has failed, or both are done.
  }
}

async function startInForeground(stage: Stage, command: Command, count: number): Promise<Started> {
  const watch = new Watch(stage.token)
  const began = performance.now()
  const daemon = stage.spawn(command)
  const abandon = (): void => watch.abandon()
  const exit = once(daemon, 'exit').then(abandon, abandon)
  const alive = await watch.untilAlive(count)
  const signal = async (name: NodeJS.Signals): Promise<unknown> => daemon.kill(name) && exit
  return { watch, alive: alive - began, cpu: 0, signal }
}

/** Until the command has returned and all workers are gone, whichever comes last. */
async function stop(stage: Stage, command: Command, watch: Watch): Promise<{ ms: number; cpu: number }> {
  const { began, ended, cpu } = await stage.run(command)
  const gone = watch.areGone() ? ended : await watch.untilGone()
  return { ms: gone - began, cpu }
}

async function again(stage: Stage, fleet: Fleet, count: number): Promise<Found> {
  if (fleet.startAgain === undefined) return {}
  const { alive, returned } = await start(stage, fleet.startAgain, count)
  stage.expectWorkers(count, true)
  return { warmAlive: alive, ...(returned !== undefined && { warmReturned: returned }) }
}

async function end(stage: Stage, fleet: Fleet, started: Started): Promise<void> {
  if (typeof fleet.end === 'string') await started.signal?.(fleet.end)
  else if (fleet.end) await stage.run(fleet.end)
  await stage.untilNothing()
}

/** One fleet up and down. Everything is checked, outside of the time that counts. */
export async function measureRound(stage: Stage, peer: Peer, count: number): Promise<Found> {
  const fleet = peer.prepare(stage.directory(), count)
  stage.useEnvironment(fleet.env ?? {})
  const started = await (fleet.foreground ? startInForeground : start)(stage, fleet.start, count)
  const { workers, others } = stage.expectWorkers(count, fleet.end !== undefined)
  fleet.expectUp?.(workers)
  const memory = megabytesOf(others.map(({ pid }) => pagesOf(pid)))
  const status = fleet.status && (await stage.run(fleet.status))
  const cold = await stage.run(peer.cold.command, peer.cold.code)
  const stopped = await stop(stage, fleet.stop, started.watch)
  const daemons = stage.expectWorkers(0, fleet.end !== undefined).others
  const cpu = started.cpu + (status?.cpu ?? 0) + stopped.cpu + sum(daemons.map(({ pid }) => cpuOf(pid)))
  fleet.expectDown?.()
  const warm = count <= (peer.againUpTo ?? count) ? await again(stage, fleet, count) : {}
  await end(stage, fleet, started)
  return {
    alive: started.alive,
    ...(started.returned !== undefined && { returned: started.returned }),
    ...(status && { status: status.ms }),
    stopped: stopped.ms,
    cpu,
    memory,
    cold: cold.ms,
    ...warm,
  }
}

export interface Small {
  readonly node: Samples
  readonly names: Samples
}

/** What a command costs before it does anything. */
export async function measureSmall(stage: Stage, rounds: number): Promise<Small> {
  const small = { node: new Samples(), names: new Samples() }
  stage.directory()
  await stage.run(multi('names', '3'))
  for (let round = 0; round < rounds; round++) {
    small.node.add((await stage.run([process.execPath, '-e', '0'])).ms)
    small.names.add((await stage.run(multi('names', '3'))).ms)
  }
  return small
}

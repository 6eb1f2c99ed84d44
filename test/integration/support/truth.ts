import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type Options, type Process, type Rig, until } from '../../rig/rig.ts'

/** As much of a row of `status --json` as is compared. */
export interface Row {
  readonly name: string
  readonly state: string
  readonly pid?: number
}

const entriesOf = (pid: number): string[] => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    return []
  }
}

/** The short name of the node that a process works for, by the environment that multi gives to workers. */
const nodeOf = (pid: number): string | undefined =>
  entriesOf(pid)
    .find((entry) => entry.startsWith('MULTI_NODE='))
    ?.slice('MULTI_NODE='.length)
    .split('@')[0]

/** The workers that live, by node, seen by our own eyes: leaders of sessions that carry the rig's token. */
export function workersOf(rig: Rig): Map<string, Process[]> {
  const found = new Map<string, Process[]>()
  for (const one of rig.processes()) {
    const node = nodeOf(one.pid)
    if (node === undefined || one.session !== one.pid) continue
    found.set(node, [...(found.get(node) ?? []), one])
  }
  return found
}

const UP = ['starting', 'running', 'draining']
const DOWN = ['stopped', 'stale']

/** Every worker that lives, one to a node at most. */
export function expectNoDoubles(rig: Rig): void {
  for (const [node, workers] of workersOf(rig)) {
    const pids = workers.map(({ pid }) => pid)
    assert.equal(pids.length, 1, `${node} has more than one worker: ${pids.join(', ')}`)
  }
}

/**
 * `status` says of each node what /proc says. A worker may end between its look and ours, so ours are two, before and after;
 * each row must fit one of them.
 */
export async function expectTruth(rig: Rig, nodes: readonly string[], as: Options = {}): Promise<readonly Row[]> {
  const before = workersOf(rig)
  const { json, stderr } = await rig.multi(as, 'status', ...nodes, '--json')
  assert.equal(stderr, '')
  const rows = json() as readonly Row[]
  const after = workersOf(rig)
  assert.equal(rows.length, nodes.length)
  for (const [at, row] of rows.entries()) {
    const node = nodes[at] ?? ''
    const fits = [before, after].some((seen) => fitsOne(row, seen.get(node)))
    assert.ok(fits, `status is not true: ${JSON.stringify({ row, before: before.get(node), after: after.get(node) })}`)
  }
  expectNoDoubles(rig)
  return rows
}

function fitsOne({ state, pid }: Row, workers: readonly Process[] = []): boolean {
  const [worker, ...doubles] = workers
  if (doubles.length > 0) return false
  return worker ? UP.includes(state) && pid === worker.pid : DOWN.includes(state)
}

/** These nodes have a worker each, and nobody else has one. */
export function expectUp(rig: Rig, nodes: readonly string[], what: string): void {
  expectNoDoubles(rig)
  assert.deepEqual([...workersOf(rig).keys()].sort(), [...nodes].sort(), `workers after ${what}`)
}

/**
 * The lock of a killed command stays until it is stale: then whoever comes next frees it. Runs that command once it is, so that
 * what is left after it is left for good.
 */
export async function freeLock(rig: Rig, next: readonly [string, ...string[]]): Promise<void> {
  const lock = join(rig.run, '.multi.lock')
  const age = (): number | undefined => {
    const stats = statSync(lock, { throwIfNoEntry: false })
    return stats && Date.now() - stats.mtimeMs
  }
  if (age() === undefined) return
  await until(() => (age() ?? Number.POSITIVE_INFINITY) > 2500, 'the lock to be stale')
  assert.equal((await rig.multi(...next)).code, 0)
}

/** What the commands have left beside the records, the pidfiles of those who live and the logs. */
export function litter(rig: Rig, directory = rig.run): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => {
    // Records stay, and the directories in which workers say how they are: their last words do not.
    if (/^\..*\.multi\.json$|^vitals(\/\d+)?$/.test(name)) return false
    return !(name.endsWith('.pid') && isAlive(Number(readFileSync(join(directory, name), 'utf8'))))
  })
}

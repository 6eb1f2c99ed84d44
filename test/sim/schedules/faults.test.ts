import { describe, expect, test } from 'vitest'
import { lies } from './crash.ts'
import { Fleet, outcomesOf } from './fleet.ts'
import type { WorkerName } from './workers.ts'

const CHANGES = [
  'createFile',
  'rename',
  'remove',
  'symlink',
  'makeDirectory',
  'openLog',
  'spawn',
  'lock',
  'signal',
] as const
type Change = (typeof CHANGES)[number]

interface Row {
  readonly line: string
  readonly before: readonly string[]
  readonly leaves: 0 | 1
}

const ROWS: readonly Row[] = [
  { line: 'START', before: [], leaves: 1 },
  { line: 'stopwait w1 --orphan-grace=50ms', before: ['START'], leaves: 0 },
  { line: 'restart w1 --startsecs=20ms --orphan-grace=50ms', before: ['START'], leaves: 1 },
  { line: 'kill w1', before: ['START'], leaves: 0 },
]

async function fleetFor(worker: WorkerName, { before }: Row): Promise<Fleet> {
  const fleet = new Fleet({ worker, nodes: ['w1'] })
  for (const line of before) await fleet.done(line.replace('START', fleet.start))
  return fleet
}

/** How often the line makes each change when nothing is refused. */
async function changesOf(worker: WorkerName, row: Row): Promise<Map<Change, number>> {
  const fleet = await fleetFor(worker, row)
  const counts = new Map<Change, number>()
  fleet.world.onCall(({ call }) => {
    const change = CHANGES.find((one) => one === call)
    if (change) counts.set(change, (counts.get(change) ?? 0) + 1)
  })
  await fleet.done(row.line.replace('START', fleet.start))
  return counts
}

async function complaintsOf(worker: WorkerName, row: Row, call: Change, after: number): Promise<string[]> {
  const found: string[] = []
  const fleet = await fleetFor(worker, row)
  const line = row.line.replace('START', fleet.start)
  fleet.world.fault({ call, after, code: 'ENOSPC', leaves: 'half' })
  const first = await fleet.done(line)
  fleet.world.clearFaults()
  if (!first.result) return ['threw']
  await fleet.world.pass(1000)
  const [status] = await fleet.status()
  const lie = lies(fleet, 'w1', status)
  if (lie) found.push(`status: ${lie}`)
  const second = await fleet.done(line)
  if (outcomesOf(second).some(({ result }) => result === 'failed'))
    found.push(`again: ${JSON.stringify(second.result)}`)
  if (fleet.leadersOf('w1').length !== row.leaves) found.push(`${fleet.leadersOf('w1').length} alive after the second`)
  await fleet.done('stopwait w1 --orphan-grace=50ms')
  if (fleet.processesOf('w1').length > 0) found.push('somebody is left')
  const files = fleet.files().filter((name) => name !== '.w1.pid.multi.json')
  if (files.length > 0) found.push(`left: ${files.join(' ')}`)
  return found
}

describe.each<WorkerName>(['sleeper', 'celeryLike', 'rewritesEnviron'])('%s: any one change refused', (worker) => {
  test.each(ROWS)('$line: no exception, no lie, and the same command finishes it', { timeout: 60_000 }, async (row) => {
    const complaints: string[] = []
    for (const [call, count] of await changesOf(worker, row)) {
      for (let after = 0; after < count; after++) {
        const found = await complaintsOf(worker, row, call, after)
        complaints.push(...found.map((text) => `${call} ${after + 1} of ${count}: ${text}`))
      }
    }
    expect(complaints).toEqual([])
  })
})

/** Whether what `status` said in the middle of all is so: by what held from its beginning to its end. */
import type { AbsPath } from '../../../src/model/names.ts'
import type { StatusRow } from '../../../src/model/status.ts'
import { parseClaim } from '../../../src/node/claim.ts'
import { recordPath } from '../../../src/node/files.ts'
import type { NodeRecord } from '../../../src/node/record.ts'
import type { SimProcess } from '../index.ts'
import { lies, passesForWorker } from './crash.ts'
import { type Fleet, RUN } from './fleet.ts'

const ROOT = { uid: 0, gid: 0 }
const LARGEST = 1 << 20
const RUNS = new Set<StatusRow['state']>(['starting', 'running', 'quiet'])

/** What a node is at one moment. */
export interface Glimpse {
  /** Monotonic ms. */
  readonly at: number
  readonly alive: readonly SimProcess[]
  readonly record: string
  /** All that its other files say. */
  readonly files: string
  /** Somebody lives who is about to change it. */
  readonly claimed: boolean
}

export function glimpse(fleet: Fleet, node: string): Glimpse {
  const { world, processesOf } = fleet
  const pidfile = `${RUN}/${node}.pid` as AbsPath
  const read = (path: string): string => {
    const found = world.files.read(path, ROOT, LARGEST)
    return found.found === 'text' ? found.text : found.found
  }
  const claims = claimsOf(fleet, node)
  return {
    at: world.clock.now,
    alive: processesOf(node),
    record: read(recordPath(pidfile)),
    files: [read(pidfile), ...claims].join('\n'),
    claimed: claims.some((text) => isHeld(fleet, text)),
  }
}

function claimsOf({ world }: Fleet, node: string): readonly string[] {
  const names = world.files.list(RUN, ROOT)
  const own = typeof names === 'string' ? [] : names.filter((name) => name.startsWith(`.${node}.pid.multi.claim.`))
  return own.map((name) => world.files.readlink(`${RUN}/${name}`, ROOT) ?? '')
}

function isHeld({ world }: Fleet, text: string): boolean {
  const owner = parseClaim(text, 0)?.owner
  const there = owner && world.process(owner.pid)
  return there?.dead === false && there.startTicks === owner?.startTicks
}

/** What `status` said between the two that cannot be so. `mayNotKnow`: it may not read what another user wrote. */
export function misjudged(
  fleet: Fleet,
  node: string,
  row: StatusRow,
  before: Glimpse,
  mayNotKnow: boolean,
): string | undefined {
  const now = glimpse(fleet, node)
  const wrong = deadAllThrough(fleet, node, row, before.at) ?? recordedAllThrough(row, before, now)
  if (wrong !== undefined) return `${node}: ${row.state} ${row.pid ?? ''} (${row.note ?? ''}): ${wrong}`
  if (!isSteady(before, now) || (mayNotKnow && row.state === 'unknown')) return undefined
  return lies(fleet, node, row)
}

/** Nothing came or went; and nobody is in the middle of a start, whose worker only he knows. */
const isSteady = (before: Glimpse, now: Glimpse): boolean =>
  !before.claimed &&
  !now.claimed &&
  before.record === now.record &&
  before.files === now.files &&
  before.alive.length === now.alive.length &&
  before.alive.every((one) => now.alive.includes(one))

function deadAllThrough(fleet: Fleet, node: string, row: StatusRow, since: number): string | undefined {
  const { world, processesOf } = fleet
  if (row.pid === undefined || !(RUNS.has(row.state) || row.state === 'draining')) return undefined
  if (processesOf(node).some(({ pid }) => pid === row.pid)) return undefined
  if (passesForWorker(fleet, node, row.pid)) return undefined
  const ended = world.machine.ended.get(row.pid)
  return ended && ended.at >= since ? undefined : 'that one was dead before'
}

/** The worker that the record named at the beginning and at the end, and what is left of its group. */
function recordedAllThrough({ state, pid }: StatusRow, before: Glimpse, now: Glimpse): string | undefined {
  const [first, last] = [recordOf(before), recordOf(now)]
  const launch = first?.launch
  if (!launch || launch.id !== last?.launch?.id) return undefined
  const stayed = before.alive.filter((one) => !one.dead)
  const leader = stayed.find((one) => one.pid === launch.identity.pid && one.startTicks === launch.identity.startTicks)
  if (!leader && !stayed.some(({ pgrp }) => pgrp === launch.pgid)) return undefined
  if (state === 'stopped' || state === 'stale') return 'what is recorded lived all the time'
  if (!leader) return undefined
  if (state === 'orphaned') return 'its leader lived all the time'
  if ((RUNS.has(state) || state === 'draining') && pid !== leader.pid) return `recorded is ${leader.pid}`
  const asked = [first, last].map(({ stop }) => stop?.launch === launch.id)
  if (state === 'draining' && asked.every((one) => !one)) return 'nobody had asked it to stop'
  return RUNS.has(state) && asked.every(Boolean) ? 'it had been asked to stop' : undefined
}

function recordOf({ record }: Glimpse): NodeRecord | undefined {
  try {
    return JSON.parse(record) as NodeRecord
  } catch {
    return undefined // None, or a torn one.
  }
}

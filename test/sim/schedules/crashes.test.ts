import { describe, expect, test } from 'vitest'
import { again, type Case, callsOf, crashAt, extraTerms, lies } from './crash.ts'
import { type Fleet, HOME, RUN, UID } from './fleet.ts'
import type { WorkerName } from './workers.ts'

const FLEETS: readonly (readonly [string, readonly string[]])[] = [
  ['one node', ['w1']],
  ['three nodes', ['w1', 'w2', 'w3']],
]
const WORKERS: readonly WorkerName[] = ['sleeper', 'celeryLike', 'forksChild', 'rewritesEnviron']

interface Row {
  readonly title: string
  readonly line: string
  readonly before: readonly string[]
  readonly leaves: 'one' | 'none' | 'either'
  readonly arrange?: Case['arrange']
}

/** Somebody removed the pidfiles' owners long ago. */
const stalePidfiles = (fleet: Fleet): void => {
  for (const node of fleet.nodes) fleet.world.files.put(`${RUN}/${node}.pid`, '227\n', { uid: UID, gid: UID })
  for (const path of [`${HOME}/.local`, `${HOME}/.local/state`, `${HOME}/.local/state/multi`, RUN])
    fleet.world.files.directory(path, { uid: UID, gid: UID, mode: 0o700 })
}

const GRACE = '--orphan-grace=50ms'

const ROWS: readonly Row[] = [
  { title: 'start', line: 'START', before: [], leaves: 'one' },
  { title: 'start over stale pidfiles', line: 'START', before: [], leaves: 'one', arrange: stalePidfiles },
  { title: 'start with one log for all', line: `START --logfile=${HOME}/all.log`, before: [], leaves: 'one' },
  { title: 'start of running ones', line: 'START', before: ['START'], leaves: 'one' },
  { title: 'stop', line: 'stop NODES', before: ['START'], leaves: 'either' },
  { title: 'stopwait', line: `stopwait NODES ${GRACE}`, before: ['START'], leaves: 'none' },
  { title: 'restart', line: `restart NODES --startsecs=20ms ${GRACE}`, before: ['START'], leaves: 'one' },
  {
    title: 'restart --rolling',
    line: `restart NODES --rolling --startsecs=20ms ${GRACE}`,
    before: ['START'],
    leaves: 'one',
  },
  { title: 'kill', line: 'kill NODES', before: ['START'], leaves: 'none' },
]

async function complaintsAt(one: Case, leaves: Row['leaves'], call: number): Promise<string[]> {
  const found: string[] = []
  const crashed = await crashAt(one, call)
  const { fleet } = crashed
  const check = async (when: string): Promise<void> => {
    const rows = await fleet.status()
    for (const [at, node] of fleet.nodes.entries()) {
      const lie = lies(fleet, node, rows[at])
      if (lie) found.push(`${when}: ${lie}`)
    }
  }
  await fleet.world.pass(2000)
  await check('status')
  const results = await again(crashed)
  if (results.some((result) => result.startsWith('{'))) found.push(`again: ${results.join(', ')}`)
  for (const node of fleet.nodes) {
    const alive = fleet.leadersOf(node).length
    if (alive > 1 || (leaves === 'one' && alive !== 1) || (leaves === 'none' && fleet.processesOf(node).length > 0))
      found.push(`${node}: ${alive} alive after the second`)
  }
  await check('status after the second')
  await fleet.outcomes(`stopwait ${fleet.names} ${GRACE}`)
  const left = fleet.nodes.flatMap((node) => fleet.processesOf(node))
  if (left.length > 0) found.push(`${left.length} processes left`)
  // The lock of a killed one is taken over, or removed, by the next that needs it.
  const files = fleet.files().filter((name) => name !== '.multi.lock' && !/^\.w\d\.pid\.multi\.json$/.test(name))
  if (files.length > 0) found.push(`left: ${files.join(' ')}`)
  const strangers = fleet.world.signals.filter(({ process }) => !fleet.isOurs(process))
  if (strangers.length > 0) found.push(`${strangers.length} strangers signalled`)
  const { extra, excused } = extraTerms(crashed)
  if (extra > excused) found.push(`${extra} second TERMs, ${excused} excused`)
  if (one.line !== 'kill NODES' && fleet.world.signals.some(({ signal }) => signal === 'KILL')) found.push('KILL')
  return found
}

/** With three nodes each call comes thrice: of these every third is tried, others with each kind of worker. All, if asked for. */
const strideOf = ({ nodes }: Case): number => (process.env['MULTI_SWEEP_ALL'] === '1' ? 1 : nodes.length)

async function sweepOf(one: Case, leaves: Row['leaves']): Promise<string[]> {
  const calls = await callsOf(one)
  const stride = strideOf(one)
  const found: string[] = []
  for (let call = 1; call <= calls; call++) {
    if ((call + WORKERS.indexOf(one.worker)) % stride !== 0 && call < calls - 1) continue
    try {
      const complaints = await complaintsAt(one, leaves, call)
      found.push(...complaints.map((text) => `killed before call ${call} of ${calls}: ${text}`))
    } catch (error) {
      found.push(`killed before call ${call} of ${calls}: ${(error as Error).message.slice(0, 300)}`)
    }
  }
  return found
}

describe.each(WORKERS)('%s: a multi killed before any of its calls leaves what the same command finishes', (worker) => {
  describe.each(FLEETS)('%s', (_title, nodes) => {
    test.each(ROWS)('$title', { timeout: 60_000 }, async ({ line, before, leaves, arrange }) => {
      const found = await sweepOf({ worker, nodes, before, line, ...(arrange ? { arrange } : {}) }, leaves)
      expect(found).toEqual([])
    })
  })
})

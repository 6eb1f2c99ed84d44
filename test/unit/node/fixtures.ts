import type { AbsPath, LaunchId, NodeName } from '../../../src/model/names.ts'
import type { Identity, VerifiedGroup } from '../../../src/model/process.ts'
import type { LaunchPlan, Target } from '../../../src/model/spec.ts'
import type { NodeState, StopRequest } from '../../../src/model/state.ts'
import type { Claim, Claims } from '../../../src/node/claim.ts'
import type { Moment } from '../../../src/node/decide.ts'
import type { DownGoal, KilledGoal, UpGoal } from '../../../src/node/goal.ts'
import { newMemory } from '../../../src/node/memory.ts'
import type { Seen } from '../../../src/node/observe.ts'
import type { Launch, NodeRecord } from '../../../src/node/record.ts'

export const path = (text: string): AbsPath => text as AbsPath
export const id = (text: string): LaunchId => text as LaunchId

export const TARGET: Target = {
  name: 'w1@sim' as NodeName,
  short: 'w1',
  fleet: '/srv',
  pidfile: path('/run/multi/w1.pid'),
  logfile: path('/var/log/multi/w1.log'),
}

export const PLAN: LaunchPlan = {
  ...TARGET,
  kind: 'command',
  argv: [path('/usr/bin/w')],
  cwd: path('/srv'),
  env: {},
  pidfileOwner: 'manager',
  ready: 'alive',
  stop: { warm: 'TERM', cold: 'KILL' },
  why: '--cmd runs a program',
}

export const identity = (pid: number, startTicks = 500): Identity => ({
  pid,
  startTicks,
  bootId: 'boot-1',
  pidNamespace: 'pid:[1]',
})

export const LEADER = identity(40)

/** Decisions only pass it on; nobody signals by it here. */
const GROUP = { pgid: 40, evidence: [LEADER, identity(41)] } as unknown as VerifiedGroup

export const LAUNCH: Launch = {
  id: id('launch-1'),
  identity: LEADER,
  pgid: 40,
  startedAt: 1_000_000,
  startedMono: 5000,
  startMs: 1000,
  logOffset: 0,
  host: 'vm',
  adopted: false,
}

export const RECORD: NodeRecord = {
  v: 1,
  generation: 3,
  ...TARGET,
  wanted: 'up',
  launch: LAUNCH,
  plan: { ...PLAN, environmentNames: ['PATH'] },
  exits: [],
}

export const STOP: StopRequest = { at: 1_000_500, signal: 'TERM', by: { uid: 0, pid: 9 }, launch: LAUNCH.id }

const alive = { launch: LAUNCH.id, identity: LEADER, group: GROUP, suspended: false, adopted: false } as const

export const STATES = {
  stopped: { state: 'stopped' },
  stale: { state: 'stale', why: 'pid 40 is gone', pid: 40 },
  starting: { state: 'starting', ...alive },
  running: { state: 'running', ...alive },
  draining: { state: 'draining', group: GROUP, leader: LEADER, request: STOP, suspended: false },
  leaderless: { state: 'draining', group: GROUP, request: STOP, suspended: false },
  orphaned: { state: 'orphaned', group: GROUP },
  foreign: { state: 'foreign', host: 'other' },
  unknown: { state: 'unknown', why: 'it cannot be looked at' },
} satisfies Record<string, NodeState>

export const claimOf = (generation: number, purpose: Claim['purpose'] = 'start', owner = identity(9)): Claim => ({
  generation,
  launch: id(`launch-of-${generation}`),
  purpose,
  owner,
  uid: 0,
})

export const NO_CLAIMS: Claims = { abandoned: [], next: 4 }
export const OURS: Claims = { top: { claim: claimOf(4), holder: 'ours' }, abandoned: [], next: 5 }
export const OTHERS: Claims = { top: { claim: claimOf(4), holder: 'alive' }, abandoned: [], next: 5 }
export const DEAD_STOP: Claims = { top: { claim: claimOf(4, 'stop'), holder: 'dead' }, abandoned: [], next: 5 }
export const DEAD_START: Claims = { top: { claim: claimOf(4), holder: 'dead' }, abandoned: [claimOf(4)], next: 5 }

const lives = (state: NodeState): boolean => !['stopped', 'stale', 'foreign', 'unknown'].includes(state.state)

export const seenOf = (state: NodeState, more: Partial<Seen> = {}): Seen => ({
  state,
  record: RECORD,
  recordRead: { is: 'record', record: RECORD, uid: 0 },
  claims: NO_CLAIMS,
  pidfile: { is: 'pid', pid: 40, uid: 0, mtimeMs: 0 },
  leftover: false,
  ...(lives(state) ? { launch: LAUNCH } : {}),
  ...more,
})

export const UP: UpGoal = {
  goal: 'up',
  plan: PLAN,
  startMs: 1000,
  startTimeoutMs: 60_000,
  atLimit: 'leave',
  defaultPidfile: true,
  takeover: false,
}

export const DOWN: DownGoal = { goal: 'down', wait: true, atLimit: [], orphanGraceMs: 10_000, wanted: 'down' }
export const KILLED: KilledGoal = { goal: 'killed' }

export const momentOf = (more: Partial<Moment> = {}): Moment => ({
  target: TARGET,
  memory: newMemory(),
  now: 10_000,
  since: 9000,
  ...more,
})

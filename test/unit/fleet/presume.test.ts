import { expect, test } from 'vitest'
import { presume } from '../../../src/fleet/presume.ts'
import { Run } from '../../../src/fleet/run.ts'
import { recordPath } from '../../../src/node/files.ts'
import type { Goal } from '../../../src/node/goal.ts'
import { formatRecord, type NodeRecord, readRecord } from '../../../src/node/record.ts'
import { World } from '../../sim/index.ts'
import { DOWN, KILLED, path, RECORD, STOP, TARGET, UP } from '../node/fixtures.ts'

const VITALS = path('/run/multi/vitals/0/w1.json')
const TALKER: NodeRecord = { ...RECORD, launch: { ...RECORD.launch!, vitals: { path: VITALS, uid: 0 } } }
const { launch: _launch, ...NEVER } = RECORD

/** What is presumed of a node whose record was just read, and the number that would be claimed. */
async function presumed(record: NodeRecord | undefined, { goal = DOWN as Goal, vitals = false, uid = 0 } = {}) {
  const world = new World()
  const system = world.system({ uid: 0 })
  if (record) world.files.put(recordPath(TARGET.pidfile), formatRecord(record), { uid, mode: 0o600 })
  if (vitals) world.files.put(VITALS, '{}')
  await world.runUntil(readRecord(system, TARGET.pidfile))
  const run = new Run({ target: TARGET, goals: [goal] }, system.now())
  return {
    step: await world.runUntil(presume(run, system)),
    next: run.seen?.claims.next,
    state: run.seen?.state.state,
  }
}

const claim = (blind: 'unseen' | 'presumed') => ({ step: 'claim', purpose: 'stop', blind })

test('who is to be stopped and was not yet asked to is claimed before any look, and presumed to run', async () => {
  expect(await presumed(RECORD)).toEqual({ step: claim('presumed'), next: 4, state: 'running' })
  expect(await presumed(TALKER)).toEqual({ step: claim('presumed'), next: 4, state: 'running' })
})

const CAUTION = { variable: 'REMAP_SIGTERM', value: 'SIGQUIT', text: 'TERM ends its jobs' }

test.each<[string, NodeRecord, number]>([
  ['whose record is another user’s', RECORD, 1000],
  ['that something else started', { ...RECORD, launch: { ...RECORD.launch!, adopted: true } }, 0],
  ['that shares its group', { ...RECORD, launch: { ...RECORD.launch!, pgid: 12 } }, 0],
  ['of whose signal something is to be said', { ...RECORD, plan: { ...RECORD.plan!, caution: CAUTION } }, 0],
])('a node %s is claimed, and looked at under the claim', async (_title, record, uid) => {
  expect(await presumed(record, { uid })).toEqual({ step: claim('unseen'), next: 4, state: 'unknown' })
})

test.each<[string, NodeRecord | undefined, { goal?: Goal; vitals?: boolean }]>([
  ['that was never recorded', undefined, {}],
  ['that never ran', NEVER, {}],
  ['that was asked to stop', { ...RECORD, stop: STOP }, {}],
  ['that may first be asked to take no more jobs', TALKER, { vitals: true }],
  ['that is to be up', RECORD, { goal: UP }],
  ['that is to be killed', RECORD, { goal: KILLED }],
])('a node %s is looked at first', async (_title, record, given) => {
  expect(await presumed(record, given)).toEqual({ step: undefined, next: undefined, state: undefined })
})

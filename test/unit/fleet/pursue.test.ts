import { expect, test } from 'vitest'
import { openGate } from '../../../src/fleet/gate.ts'
import { pursue } from '../../../src/fleet/pursue.ts'
import { recordPath } from '../../../src/node/files.ts'
import { formatRecord, type NodeRecord, readRecord } from '../../../src/node/record.ts'
import { sleeper, World } from '../../sim/index.ts'
import { DOWN, LAUNCH, path, RECORD, TARGET } from '../node/fixtures.ts'

test('that zombies have left nobody is seen by one snapshot of /proc, however many they are', async () => {
  const world = new World({ initDelayMs: 60_000 })
  const targets = [1, 2, 3, 4, 5].map((at) => ({ ...TARGET, pidfile: path(`/run/multi/w${at}.pid`) }))
  for (const [at, target] of targets.entries()) {
    const env = { PATH: '/usr/bin', MULTI_LAUNCH: `launch-${at}` }
    const worker = world.launch(['/bin/w'], { uid: 0, env, behaviour: sleeper })
    await world.pass(50)
    const launch = { ...LAUNCH, id: `launch-${at}` as typeof LAUNCH.id, identity: worker.identity, pgid: worker.pid }
    const record: NodeRecord = { ...RECORD, ...target, launch }
    world.files.put(recordPath(target.pidfile), formatRecord(record), { uid: 0, mode: 0o600 })
    worker.die('KILL') // And nobody reaps it: in its group there is still somebody.
  }
  const system = world.system({ uid: 0 })
  for (const { pidfile } of targets) await world.runUntil(readRecord(system, pidfile))
  let snapshots = 0
  world.onCall(({ call }) => void (call === 'processes' && snapshots++))
  const tasks = targets.map((target) => ({ target, goals: [{ ...DOWN, wait: false }] as const }))
  const pursuit = { system, emit: () => {}, gate: openGate, waitLockMs: 1000, environmentNames: [] }
  const outcomes = await world.runUntil(pursue(tasks, pursuit))
  expect(outcomes.map(({ result }) => result)).toEqual(targets.map(() => 'already-down'))
  expect(snapshots).toBe(1)
})

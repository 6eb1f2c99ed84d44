import { expect, test } from 'vitest'
import type { AbsPath } from '../../../src/model/names.ts'
import { claimPath, recordPath } from '../../../src/node/files.ts'
import type { NodeRecord } from '../../../src/node/record.ts'
import { Fleet, outcomesOf, RUN } from './fleet.ts'

const ROOT = { uid: 0, gid: 0 }
const PIDFILE = `${RUN}/w1.pid` as AbsPath

const DEAD_START = '1 start launch-1 4242 1 00000000-0000-4000-8000-000000000001 pid:[1]'

const generationIn = ({ world }: Fleet): number => {
  const read = world.files.read(recordPath(PIDFILE), ROOT, 1 << 20)
  return read.found === 'text' ? (JSON.parse(read.text) as NodeRecord).generation : 0
}

test('a claim above a dead one is given back only when a record has voided both: readers count upwards from it', async () => {
  const fleet = new Fleet({ worker: 'sleeper', nodes: ['w1'] })
  const killed = fleet.issue(fleet.start)
  // It has claimed, and dies before it does anything with that.
  let claimed = false
  fleet.world.onCall(({ call, args }) => {
    if (claimed) fleet.world.kill(killed.system)
    claimed = call === 'symlink' && args[0] === claimPath(PIDFILE, 1)
  })
  await fleet.world.runWhile(() => killed.system.multi.alive)
  expect(fleet.world.files.readlink(claimPath(PIDFILE, 1), ROOT)).toBeDefined()
  const removed: [string, number][] = []
  fleet.world.onCall(({ call, args }) => {
    if (call === 'remove' && String(args[0]).includes('.multi.claim.'))
      removed.push([String(args[0]), generationIn(fleet)])
  })
  // Nothing can be started, so the claim is given back unused.
  fleet.world.fault({ call: 'openLog', code: 'EACCES' })
  await fleet.done(fleet.start)
  expect(removed).toEqual([
    [claimPath(PIDFILE, 1), 2],
    [claimPath(PIDFILE, 2), 2],
  ])
})

test('a claim whose number comes from a record that is gone under it is taken back', async () => {
  const fleet = new Fleet({ worker: 'sleeper', nodes: ['w1'] })
  await fleet.done(fleet.start)
  const stopping = fleet.issue('stopwait w1')
  let claims = 0
  fleet.world.onCall(({ call, args }) => {
    if (call !== 'symlink' || !String(args[0]).includes('.multi.claim.')) return
    // The second is the one to clear up: nobody who reads what is there then counts so high.
    if (++claims === 2) fleet.world.files.remove(recordPath(PIDFILE), ROOT)
  })
  await fleet.world.runUntil(stopping.answer)
  expect(claims).toBeGreaterThanOrEqual(2)
  expect(outcomesOf(stopping)).toMatchObject([{ result: 'stopped' }])
  expect(fleet.files()).toEqual([])
})

test('forget takes away what a killed command has left of claims, also of those that the record had voided', async () => {
  const fleet = new Fleet({ worker: 'sleeper', nodes: ['w1'] })
  while (generationIn(fleet) < 5) {
    await fleet.done(fleet.start)
    await fleet.done('stopwait w1')
  }
  fleet.world.files.make('symlink', claimPath(PIDFILE, 4), ROOT, DEAD_START, 0o777)
  await fleet.done('forget w1')
  expect(fleet.world.files.readlink(claimPath(PIDFILE, 4), ROOT)).toBeUndefined()
})

test('a kill beside a suspended stop ends what a killed start has left, also where nothing but its mark names it', async () => {
  const fleet = new Fleet({ worker: 'sleeper', nodes: ['w1'] })
  const { world } = fleet
  const killed = fleet.issue(fleet.start)
  let spawned = false
  world.onCall(({ call }) => {
    if (spawned) world.kill(killed.system)
    spawned = call === 'spawn'
  })
  await world.runWhile(() => killed.system.multi.alive)
  const stopping = fleet.issue('stopwait w1')
  let claimed = false
  world.onCall(({ call, args }) => {
    if (claimed) world.suspend(stopping.system)
    claimed = call === 'symlink' && String(args[0]).includes('.multi.claim.')
  })
  await world.runWhile(() => !stopping.system.multi.suspended)
  world.onCall(undefined)
  expect(fleet.leadersOf('w1')).toHaveLength(1)
  const killing = fleet.issue('kill w1')
  await world.runUntil(killing.answer)
  expect(outcomesOf(killing)).toMatchObject([{ result: 'stopped' }])
  expect(fleet.leadersOf('w1')).toEqual([])
})

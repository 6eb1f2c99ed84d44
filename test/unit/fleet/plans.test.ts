import { describe, expect, test } from 'vitest'
import type { Failure } from '../../../src/model/failure.ts'
import { Fleet, HOME, outcomesOf, RUN, UID } from '../../sim/schedules/fleet.ts'

const fleetOf = () => new Fleet({ worker: 'drains', nodes: ['w1'] })
const RECORD = `${RUN}/.w1.pid.multi.json`

async function failureOf(fleet: Fleet, line: string, uid: number): Promise<Failure | undefined> {
  const command = fleet.issue(line, uid)
  await fleet.world.runUntil(command.answer)
  const [outcome] = outcomesOf(command)
  return outcome?.result === 'failed' ? outcome.failure : undefined
}

describe('a start or restart without options of the worker runs what was recorded', () => {
  test('by the same user', async () => {
    const fleet = fleetOf()
    await fleet.done(fleet.start)
    await fleet.done('stopwait w1')
    expect(await failureOf(fleet, 'start w1', UID)).toBeUndefined()
    expect(fleet.leadersOf('w1')[0]?.argv).toEqual(['/usr/bin/drains'])
  })

  test('never what another user wrote: root does not run a user’s command line', async () => {
    const fleet = fleetOf()
    await fleet.done(fleet.start)
    await fleet.done('stopwait w1')
    const before = fleet.world.processes().length
    for (const verb of ['start', 'restart']) {
      const failure = await failureOf(fleet, `${verb} w1 --pidfile=${RUN}/w1.pid`, 0)
      expect(failure).toMatchObject({ reason: 'bad-configuration', message: expect.stringContaining('another user') })
    }
    expect(fleet.world.processes()).toHaveLength(before)
    expect(fleet.leadersOf('w1')).toEqual([])
  })

  test('nor what a third one put in its place: it is the file’s owner that counts', async () => {
    const fleet = fleetOf()
    await fleet.done(fleet.start)
    await fleet.done('stopwait w1')
    fleet.world.files.put(RECORD, text(fleet), { uid: 1001 })
    expect(await failureOf(fleet, `start w1 --pidfile=${RUN}/w1.pid`, 0)).toMatchObject({ reason: 'bad-configuration' })
  })

  test('a worker that something else started cannot come back without them', async () => {
    const fleet = fleetOf()
    const pidfile = `${HOME}/own.pid`
    const process = fleet.world.launch(['/bin/w', `--pidfile=${pidfile}`], { uid: UID, env: { PATH: '/bin' } })
    fleet.world.files.put(pidfile, `${process.pid}\n`, { uid: UID })
    expect(await failureOf(fleet, `restart w1 --pidfile=${pidfile}`, UID)).toBeDefined()
    expect(process.dead).toBe(false)
  })
})

function text(fleet: Fleet): string {
  const inode = fleet.world.files.tree.find(RECORD, { uid: 0, gid: 0 }, false)
  return typeof inode === 'string' ? '' : inode.text
}

describe('root may stop what a user has started, and leaves the user master of it', () => {
  test.each(['stop', 'stopwait', 'kill'])('%s by root; the user’s next command goes on as before', async (verb) => {
    const fleet = fleetOf()
    await fleet.done(fleet.start)
    expect(await failureOf(fleet, `${verb} w1 --pidfile=${RUN}/w1.pid`, 0)).toBeUndefined()
    await fleet.world.pass(2000)
    expect(fleet.leadersOf('w1')).toEqual([])
    expect((await fleet.status())[0]?.state).toBe('stopped')
    expect((await fleet.outcomes(fleet.start))[0]?.result).toBe('started')
    expect((await fleet.outcomes('stopwait w1'))[0]?.result).toBe('stopped')
  })
})

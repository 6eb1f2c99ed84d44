import { describe, expect, test } from 'vitest'
import { prepare } from '../../../src/fleet/prepare.ts'
import type { LaunchPlan } from '../../../src/model/spec.ts'
import { World } from '../../sim/index.ts'
import { PLAN, path } from '../node/fixtures.ts'

const ROOT = { uid: 0, gid: 0 }
const FILES = { pidfile: path('/run/x/y/w1.pid'), logfile: path('/var/log/x/w1.log') }

async function prepared(uid: number, plan: Partial<LaunchPlan>, arrange?: (world: World) => void) {
  const world = new World()
  const system = world.system({ uid })
  arrange?.(world)
  const failure = await world.runUntil(prepare(system, { ...PLAN, ...FILES, ...plan }))
  const owner = (of: string): number | undefined => world.files.stat(of, ROOT, false)?.uid
  return { failure, owner, world }
}

describe('before a worker is started its directories are made', () => {
  test('ours, with what is above them', async () => {
    const { failure, owner } = await prepared(0, {})
    expect(failure).toBeUndefined()
    expect(owner('/run/x/y')).toBe(0)
    expect(owner('/var/log/x')).toBe(0)
  })

  test('given to the worker’s user; what was there before stays whose it was', async () => {
    const mine = (world: World): void => {
      world.files.directory('/var/log/x', { uid: 7, mode: 0o777 })
    }
    const { failure, owner } = await prepared(0, { uid: 1000, gid: 1000 }, mine)
    expect(failure).toBeUndefined()
    expect(owner('/run/x/y')).toBe(1000)
    expect(owner('/run/x')).toBe(0)
    expect(owner('/var/log/x')).toBe(7)
  })

  test('twice is as good as once', async () => {
    const { world } = await prepared(0, {})
    const again = await world.runUntil(prepare(world.system({ uid: 0 }), { ...PLAN, ...FILES }))
    expect(again).toBeUndefined()
  })
})

describe('what cannot be written is said before anything is started', () => {
  test('a directory that cannot be made', async () => {
    const { failure } = await prepared(1000, {})
    expect(failure).toMatchObject({ reason: 'denied', option: '--pidfile', code: 'EACCES', path: '/run/x' })
  })

  test('a pidfile directory that is somebody else’s', async () => {
    const { failure } = await prepared(1000, {}, (world) => {
      world.files.directory('/run/x/y')
      world.files.directory('/var/log/x', { uid: 1000 })
    })
    expect(failure).toMatchObject({ reason: 'denied', path: '/run/x/y', option: '--pidfile' })
  })

  test('a pidfile directory that the worker’s user cannot write to, when the worker writes it', async () => {
    const arrange = (world: World): void => void world.files.directory('/run/x/y')
    const plan = { uid: 1000, gid: 1000 } as const
    const { failure } = await prepared(0, { ...plan, pidfileOwner: 'worker' }, arrange)
    expect(failure).toMatchObject({ reason: 'denied', path: '/run/x/y', user: 'uid 1000' })
    expect((await prepared(0, { ...plan, pidfileOwner: 'manager' }, arrange)).failure).toBeUndefined()
  })

  test('a log that the worker’s user cannot write; a missing one is made for that user', async () => {
    const plan = { uid: 1000, gid: 1000 } as const
    const roots = (world: World): void => void world.files.put(FILES.logfile, '', { mode: 0o640 })
    expect((await prepared(0, plan, roots)).failure).toMatchObject({
      reason: 'denied',
      path: FILES.logfile,
      option: '--logfile',
      user: 'uid 1000',
    })
    const { failure, owner } = await prepared(0, plan)
    expect(failure).toBeUndefined()
    expect(owner(FILES.logfile)).toBe(1000)
  })

  test('something that is no directory where one should be', async () => {
    const { failure } = await prepared(0, {}, (world) => void world.files.put('/run/x', 'a file'))
    expect(failure).toMatchObject({ reason: 'system', path: expect.stringContaining('/run/x') })
  })

  test('the user is no other when he asks for himself', async () => {
    const { failure } = await prepared(1000, { uid: 1000, gid: 1000, ...inHome() })
    expect(failure).toBeUndefined()
  })
})

const inHome = () => ({ pidfile: path('/home/u1000/w1.pid'), logfile: path('/home/u1000/w1.log') })

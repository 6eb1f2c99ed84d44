import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { formatClaim, parseClaim, readClaims } from '../../../src/node/claim.ts'
import { claimPath } from '../../../src/node/files.ts'
import { type SimSystem, World } from '../../sim/index.ts'
import { id, identity, path } from './fixtures.ts'

const PIDFILE = path('/run/w1.pid')

describe('a claim', () => {
  test('comes back from its text as it was written', () => {
    const word = fc.stringMatching(/^[\w:[\]-]{1,40}$/)
    fc.assert(
      fc.property(
        word,
        word,
        word,
        fc.nat(),
        fc.nat(),
        fc.constantFrom('start', 'stop'),
        (launch, bootId, ns, pid, ticks, purpose) => {
          const claim = {
            launch: id(launch),
            purpose,
            owner: { pid, startTicks: ticks, bootId, pidNamespace: ns },
          } as const
          expect(parseClaim(formatClaim(claim), 7)).toEqual({ ...claim, generation: 7 })
        },
      ),
    )
  })

  test('text that is none is refused, whatever it is', () => {
    expect(parseClaim('', 1)).toBeUndefined()
    expect(parseClaim('2 start launch 1 2 boot ns', 1)).toBeUndefined()
    expect(parseClaim('1 pause launch 1 2 boot ns', 1)).toBeUndefined()
    expect(parseClaim('1 start launch -1 2 boot ns', 1)).toBeUndefined()
    expect(parseClaim('1 start launch x 2 boot ns', 1)).toBeUndefined()
    expect(parseClaim('1 start launch 1 NaN boot ns', 1)).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => void parseClaim(text, 1)))
  })
})

test('a claim of a user’s that names a living process of somebody else’s holds nothing', async () => {
  const world = new World()
  const root = world.system({ uid: 0 })
  const daemon = world.launch(['/usr/bin/daemon'], { uid: 0 })
  const theirs = world.launch(['/usr/bin/multi'], { uid: 1000 })
  const held = async (maker: number, { pid, startTicks }: { pid: number; startTicks: number }) => {
    const text = formatClaim({ launch: id('x'), purpose: 'start', owner: { ...root.self.identity, pid, startTicks } })
    const link = claimPath(PIDFILE, 1)
    world.files.remove(link, { uid: 0, gid: 0 })
    world.files.make('symlink', link, { uid: 0, gid: 0 }, text, 0o777)
    world.files.changeOwner(link, maker, maker, { uid: 0, gid: 0 })
    return (await world.runUntil(readClaims(root, PIDFILE, 0))).top?.holder
  }
  expect(await held(1000, daemon)).toBe('dead')
  expect(await held(1000, theirs)).toBe('alive')
  expect(await held(0, daemon)).toBe('alive')
  expect(await held(0, theirs)).toBe('alive')
})

describe('claims are read upwards from the record', () => {
  const claimed = (world: World, number: number, owner = identity(4242), purpose: 'start' | 'stop' = 'start') => {
    const text = formatClaim({ launch: id(`launch-of-${number}`), purpose, owner })
    world.files.make('symlink', claimPath(PIDFILE, number), { uid: 0, gid: 0 }, text, 0o777)
  }
  const read = (world: World, system: SimSystem, recorded: number) =>
    world.runUntil(readClaims(system, PIDFILE, recorded))

  test('none: the next change has the next number', async () => {
    const world = new World()
    expect(await read(world, world.system({ uid: 0 }), 3)).toEqual({ abandoned: [], next: 4 })
  })

  test('those up to the record are void; behind a gap nothing is in force', async () => {
    const world = new World()
    for (const number of [2, 3, 4, 6]) claimed(world, number)
    const claims = await read(world, world.system({ uid: 0 }), 3)
    expect(claims.next).toBe(5)
    expect(claims.top?.claim.generation).toBe(4)
    expect(claims.abandoned.map(({ generation }) => generation)).toEqual([4])
  })

  test('whose it is: ours, another’s who lives, or nobody’s any more', async () => {
    const world = new World()
    const [one, other] = [world.system({ uid: 0 }), world.system({ uid: 1000 })]
    claimed(world, 1, one.self.identity)
    expect((await read(world, one, 0)).top?.holder).toBe('ours')
    expect((await read(world, other, 0)).top?.holder).toBe('alive')
    world.kill(one)
    expect((await read(world, other, 0)).top?.holder).toBe('dead')
  })

  test('given back while it is looked at, and its number taken by another: it is the other’s', async () => {
    const world = new World()
    const [one, other] = [world.system({ uid: 0 }), world.system({ uid: 0 })]
    claimed(world, 1, { ...other.self.identity, pid: 4242 }, 'stop')
    vi.spyOn(one, 'process').mockImplementationOnce(async (pid) => {
      world.files.remove(claimPath(PIDFILE, 1), { uid: 0, gid: 0 })
      claimed(world, 1, other.self.identity)
      return one.process(pid)
    })
    const { top, next, abandoned } = await read(world, one, 0)
    expect([top?.holder, top?.claim.owner, next, abandoned]).toEqual(['alive', other.self.identity, 2, []])
  })

  test('ours above that of somebody who lives is no right to act', async () => {
    const world = new World()
    const [one, other] = [world.system({ uid: 0 }), world.system({ uid: 0 })]
    claimed(world, 1, other.self.identity)
    claimed(world, 2, one.self.identity)
    expect((await read(world, one, 0)).top).toMatchObject({ holder: 'alive', claim: { generation: 1 } })
    world.kill(other)
    expect((await read(world, one, 0)).top).toMatchObject({ holder: 'ours', claim: { generation: 2 } })
  })

  test('one that was just made needs no look; what is below and above it does', async () => {
    const world = new World()
    const [one, other] = [world.system({ uid: 0 }), world.system({ uid: 0 })]
    const ours = {
      generation: 2,
      launch: id('launch-of-2'),
      purpose: 'start',
      owner: one.self.identity,
      uid: 0,
    } as const
    const readWith = () => world.runUntil(readClaims(one, PIDFILE, 0, { ours }))
    claimed(world, 1)
    expect(await readWith()).toMatchObject({
      top: { claim: ours, holder: 'ours' },
      next: 3,
      abandoned: [{ generation: 1 }],
    })
    claimed(world, 3, other.self.identity)
    expect(await readWith()).toMatchObject({ top: { claim: { generation: 3 }, holder: 'alive' }, next: 4 })
    world.files.remove(claimPath(PIDFILE, 1), { uid: 0, gid: 0 })
    claimed(world, 1, other.self.identity)
    world.files.remove(claimPath(PIDFILE, 3), { uid: 0, gid: 0 })
    expect((await readWith()).top).toMatchObject({ claim: { generation: 1 }, holder: 'alive' })
  })

  test('somebody who got the dead owner’s pid does not hold it', async () => {
    const world = new World()
    const system = world.system({ uid: 0 })
    const stranger = world.launch(['/bin/x'])
    claimed(world, 1, { ...stranger.identity, startTicks: stranger.startTicks - 1 })
    expect((await read(world, system, 0)).top?.holder).toBe('dead')
  })

  test.each([
    ['another boot', { bootId: 'earlier' }],
    ['another pid namespace', { pidNamespace: 'pid:[9]' }],
  ])('an owner of %s is long gone, whoever has its pid here', async (_title, more) => {
    const world = new World()
    const system = world.system({ uid: 0 })
    const stranger = world.launch(['/bin/x'])
    claimed(world, 1, { ...stranger.identity, ...more })
    expect((await read(world, system, 0)).top?.holder).toBe('dead')
  })

  test('an owner that may not be looked at counts as alive: nobody acts over its head', async () => {
    const world = new World({ hidepid: true })
    const root = world.system({ uid: 0 })
    claimed(world, 1, root.self.identity)
    expect((await read(world, world.system({ uid: 1000 }), 0)).top?.holder).toBe('alive')
  })

  test('only dead starts may have left a worker; a text of no known form holds nobody up', async () => {
    const world = new World()
    claimed(world, 1, identity(4242), 'stop')
    world.files.make('symlink', claimPath(PIDFILE, 2), { uid: 0, gid: 0 }, '9 future form', 0o777)
    claimed(world, 3)
    const claims = await read(world, world.system({ uid: 0 }), 0)
    expect(claims.abandoned.map(({ generation }) => generation)).toEqual([3])
    expect(claims.top?.holder).toBe('dead')
    expect(claims.next).toBe(4)
  })
})

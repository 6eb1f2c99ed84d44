import { expect, test } from 'vitest'
import type { Identity } from '../../../src/model/process.ts'
import { type Claim, formatClaim } from '../../../src/node/claim.ts'
import { claimPath, recordPath } from '../../../src/node/files.ts'
import { Look } from '../../../src/node/look.ts'
import { newMemory } from '../../../src/node/memory.ts'
import { observe, type Seen } from '../../../src/node/observe.ts'
import { formatRecord } from '../../../src/node/record.ts'
import { stillAsSeen } from '../../../src/node/still-as-seen.ts'
import { type SimSystem, World } from '../../sim/index.ts'
import { id, identity, RECORD, TARGET } from './fixtures.ts'

const { launch: _launch, ...DOWN } = RECORD

interface Scene {
  readonly world: World
  readonly system: SimSystem
  readonly seen: Seen
  /** Made by somebody, and then known to this command if it is its own. */
  readonly claim: (number: number, owner?: Identity) => void
  readonly now: () => Promise<Seen | undefined>
}

/** A node that is down, with a record of change 3, as somebody sees it who is about to claim change 4. */
async function scene({ pidfile }: { readonly pidfile?: string } = {}): Promise<Scene> {
  const world = new World()
  const system = world.system({ uid: 0 })
  world.files.put(recordPath(TARGET.pidfile), formatRecord(DOWN), { uid: 0, mode: 0o600 })
  if (pidfile !== undefined) world.files.put(TARGET.pidfile, pidfile, { uid: 0 })
  const seen = await world.runUntil(observe(new Look(system), TARGET, newMemory()))
  let claimed: Claim | undefined
  return {
    world,
    system,
    seen,
    claim: (number, owner = system.self.identity) => {
      const made = { launch: id(`launch-of-${number}`), purpose: 'start' as const, owner }
      if (owner === system.self.identity) claimed = { ...made, generation: number, uid: 0 }
      const text = formatClaim(made)
      world.files.make('symlink', claimPath(TARGET.pidfile, number), { uid: 0, gid: 0 }, text, 0o777)
    },
    now: () => world.runUntil(stillAsSeen(system, TARGET, seen, claimed)),
  }
}

test.for([{}, { pidfile: '4000\n' }])(
  'with $pidfile in the pidfile and nothing changed: the same, and the claim is ours',
  async (given) => {
    const { seen, claim, now } = await scene(given)
    claim(4)
    const held = await now()
    expect(held).toEqual({
      ...seen,
      claims: { ...seen.claims, next: 5, top: expect.objectContaining({ holder: 'ours' }) },
    })
    expect(held?.claims.top?.claim.launch).toBe('launch-of-4')
  },
)

test('not when somebody was faster', async () => {
  const { claim, now } = await scene()
  claim(4, identity(4242))
  expect(await now()).toBeUndefined()
})

test('not without any claim', async () => {
  const { now } = await scene()
  expect(await now()).toBeUndefined()
})

test('not when somebody who cannot see that we live has claimed above us', async () => {
  const { claim, now } = await scene()
  claim(4)
  claim(5, identity(4242))
  expect(await now()).toBeUndefined()
})

test('not when the record was written since, also under the same number', async () => {
  const { world, claim, now } = await scene()
  claim(4)
  world.files.put(recordPath(TARGET.pidfile), formatRecord({ ...DOWN, wanted: 'down' }), { uid: 0, mode: 0o600 })
  expect(await now()).toBeUndefined()
})

test('not when the record is another user’s now', async () => {
  const { world, claim, now } = await scene()
  claim(4)
  world.files.put(recordPath(TARGET.pidfile), formatRecord(DOWN), { uid: 1000, mode: 0o600 })
  expect(await now()).toBeUndefined()
})

test.for([
  ['a pidfile has come', undefined, '4000\n'],
  ['the pidfile names another', '4000\n', '4001\n'],
] as const)('not when %s', async ([, before, after]) => {
  const { world, claim, now } = await scene(before === undefined ? {} : { pidfile: before })
  claim(4)
  world.files.put(TARGET.pidfile, after, { uid: 0 })
  expect(await now()).toBeUndefined()
})

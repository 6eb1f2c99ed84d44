import { describe, expect, test } from 'vitest'
import type { Claim } from '../../../src/node/claim.ts'
import { whoIsDoubtful } from '../../../src/node/doubtful.ts'
import { recordPath } from '../../../src/node/files.ts'
import { formatRecord, type RecordRead } from '../../../src/node/record.ts'
import { type Behaviour, type Launching, type SimProcess, World } from '../../sim/index.ts'
import { id, LAUNCH, PLAN, path, RECORD, TARGET } from './fixtures.ts'

const USER = 1000

interface Case {
  readonly launching?: Launching
  readonly read?: RecordRead
  /** Begins this much before the starter. */
  readonly beforeMs?: number
  readonly meanwhile?: (world: World, process: SimProcess) => void
}

const PLANNED: RecordRead = {
  is: 'record',
  uid: 0,
  record: { ...RECORD, plan: { ...PLAN, uid: USER, environmentNames: [] } },
}

/** Whom somebody doubts who may look into nobody's environment, after a start by root as USER that died. */
async function doubted({
  launching = {},
  read = PLANNED,
  beforeMs = 0,
  meanwhile,
}: Case = {}): Promise<string | undefined> {
  const world = new World()
  const begin = () => world.launch(['/bin/w'], { uid: USER, ...launching })
  const early = beforeMs > 0 ? begin() : undefined
  await world.pass(beforeMs)
  const dead = world.system({ uid: 0 })
  world.kill(dead)
  const claim: Claim = { generation: 3, launch: id('launch-7'), purpose: 'start', owner: dead.self.identity, uid: 0 }
  await world.pass(50)
  const process = early ?? begin()
  await world.pass(100)
  meanwhile?.(world, process)
  const system = world.system({ uid: 2000 })
  return world.runUntil(whoIsDoubtful(system, TARGET, claim, read))
}

test('a session leader of the planned user that cannot be looked into may be the worker of a dead start', async () => {
  expect(await doubted()).toMatch(/pid 10\d may be the worker .* remove \S+\.claim\.3$/)
})

describe('nobody is in doubt', () => {
  test('who began before the starter', async () => {
    expect(await doubted({ beforeMs: 1000 })).toBeUndefined()
  })

  test('of another user than the plan has it', async () => {
    expect(await doubted({ launching: { uid: 1001 } })).toBeUndefined()
    expect(await doubted({ launching: { uid: 0 } })).toBeUndefined()
  })

  test('when no plan of the starter is on record: it died before it could start anyone', async () => {
    expect(await doubted({ read: { is: 'absent' } })).toBeUndefined()
    expect(await doubted({ read: { ...PLANNED, uid: USER } })).toBeUndefined()
  })

  test('who has ended', async () => {
    expect(await doubted({ meanwhile: (_world, process) => process.die('KILL') })).toBeUndefined()
  })

  test('who is on a neighbour’s record', async () => {
    const pidfile = path('/run/multi/w2.pid')
    const meanwhile = (world: World, process: SimProcess): void => {
      const text = formatRecord({ ...RECORD, pidfile, launch: { ...LAUNCH, identity: process.identity } })
      world.files.put(recordPath(pidfile), text, { mode: 0o644 })
    }
    expect(await doubted({ meanwhile })).toBeUndefined()
  })

  test('whom somebody has brought up who came later than the starter', async () => {
    const behaviour: Behaviour = { onStart: (self) => void self.fork({}, { ownSession: true }) }
    const becomesRoots = (_world: World, process: SimProcess): void => void Object.assign(process, { uid: 0 })
    expect(await doubted({ launching: { behaviour }, meanwhile: becomesRoots })).toBeUndefined()
  })
})

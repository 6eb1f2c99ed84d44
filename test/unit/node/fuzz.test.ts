import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Identity, sameProcess } from '../../../src/model/process.ts'
import { parseVitals, VITALS_STATES } from '../../../src/model/vitals.ts'
import { type Claim, type Claims, formatClaim, parseClaim } from '../../../src/node/claim.ts'
import { decide } from '../../../src/node/decide.ts'
import { claimPath, recordPath } from '../../../src/node/files.ts'
import { Look } from '../../../src/node/look.ts'
import { newMemory } from '../../../src/node/memory.ts'
import { observe, type Seen } from '../../../src/node/observe.ts'
import { observeAbandoned } from '../../../src/node/observe-abandoned.ts'
import { parsePidfile } from '../../../src/node/pidfile.ts'
import { formatRecord } from '../../../src/node/record.ts'
import { forksChild, type SimProcess, type SimSystem, World } from '../../sim/index.ts'
import { DOWN, id, identity, KILLED, LAUNCH, momentOf, RECORD, STOP, TARGET, UP } from './fixtures.ts'

const bytes = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789 +-.eE\n\t\0x')) }),
  fc.integer().map(String),
)

describe('a pidfile', () => {
  test('holds a pid that there can be, or garbage, or is none, whatever stands in it', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const read = parsePidfile({ found: 'text', text, uid: 0, mtimeMs: 0 })
        const { pid } = read.is === 'pid' ? read : { pid: undefined }
        const possible = pid !== undefined && Number.isInteger(pid) && pid >= 1 && pid <= 4_194_304
        const none = text.length > 64 ? ['blocked'] : ['garbage', 'blocked']
        expect(possible ? /^\d+$/.test(text.trim()) : none.includes(read.is)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('vitals', () => {
  const whole = {
    v: 1,
    pid: 12,
    state: 'ready',
    active: 2,
    reserved: 3,
    done: 4,
    oldestStartedAt: 5,
    updatedAt: 6,
    exit: {},
  }

  test('with any one field replaced by anything say nothing, or what their protocol allows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(whole), 'queues', 'soft'), fc.jsonValue(), (field, value) => {
        const read = parseVitals(JSON.stringify({ ...whole, [field]: value }))
        if (!read) return
        for (const count of [read.pid, read.active, read.reserved, read.done])
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
        expect(VITALS_STATES).toContain(read.state)
        expect(read.queues?.every((queue) => typeof queue === 'string') ?? true).toBe(true)
        expect(['undefined', 'boolean']).toContain(typeof read.soft)
        expect(['undefined', 'string']).toContain(typeof read.exit?.reason)
      }),
      { numRuns: 3000 },
    )
  })
})

type Json = { [key: string]: unknown }

/** A record in which one thing, however deep, is another. */
const changed = (value: unknown, path: readonly string[], by: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return by
  return { ...(value as Json), [key]: changed((value as Json)[key] ?? {}, rest, by) }
}

const FULL = { ...RECORD, stop: STOP, launch: { ...LAUNCH, vitals: { path: '/run/v.json', uid: 0 } } }
const PATHS = [
  ...Object.keys(FULL).map((key) => [key]),
  ...Object.keys(FULL.launch).map((key) => ['launch', key]),
  ...Object.keys(LAUNCH.identity).map((key) => ['launch', 'identity', key]),
  ...Object.keys(FULL.plan ?? {}).map((key) => ['plan', key]),
  ['plan', 'stop', 'warm'],
  ['launch', 'vitals', 'path'],
  ['stop', 'launch'],
  ['stop', 'signal'],
  ['stop', 'at'],
]

describe('looking at a node', () => {
  test('whose files hold anything throws nothing, and proves no group of somebody else’s', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc
            .tuple(fc.constantFrom(...PATHS), fc.jsonValue())
            .map(([path, by]) => JSON.stringify(changed(FULL, path, by))),
          fc.nat({ max: 2000 }).map((length) => formatRecord(RECORD).slice(0, length)),
          bytes,
        ),
        fc.option(bytes),
        fc.option(fc.string({ unit: 'grapheme-ascii' })),
        async (record, pidfile, claim) => {
          const world = new World({ story: false })
          const system = world.system({ uid: 0 })
          for (let at = 0; at < 3; at++)
            world.launch([`/opt/stranger${at}`], { env: { PATH: '/bin' }, behaviour: forksChild() })
          world.files.put(recordPath(TARGET.pidfile), record)
          if (pidfile !== null) world.files.put(TARGET.pidfile, pidfile)
          if (claim) world.files.make('symlink', claimPath(TARGET.pidfile, 4), { uid: 0, gid: 0 }, claim, 0o777)
          const { state } = await world.runUntil(observe(new Look(system), TARGET, newMemory()))
          expect(state).not.toHaveProperty('group.pgid')
        },
      ),
      { numRuns: 1500 },
    )
  })
})

const ROOT = { uid: 0, gid: 0 }

/** Who may have made a claim, in the words of the fuzz: there are no processes yet when it chooses. */
const OWNERS = [
  'we',
  'another multi',
  'one that was killed',
  'a stranger',
  'a stranger of another boot',
  'nobody',
] as const

interface Wrong {
  readonly at: number
  readonly by: readonly string[]
}

/** One thing that stands where a claim may be. */
interface Standing {
  readonly kind: 'symlink' | 'file' | 'directory'
  readonly number: number
  readonly owner: (typeof OWNERS)[number]
  readonly uid: number
  readonly purpose: 'start' | 'stop'
  readonly launch: string
  /** What its words are replaced by: nothing, itself twice, anything. */
  readonly wrong: readonly Wrong[]
}

const GENERATIONS = [0, 3, 4, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]

/** A symlink holds at least a byte, and no NUL. */
const word = fc.oneof(
  fc.constantFrom('', '0', '-1', '1', '2', '0x28', '1e3', '9007199254740992', 'NaN', 'start', 'stop', 'none', ' '),
  fc.nat({ max: 300 }).map(String),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
)

const wrong: fc.Arbitrary<Wrong> = fc.record({
  at: fc.nat({ max: 6 }),
  by: fc.oneof(
    fc.constant([]),
    fc.constant(['same', 'same']),
    word.map((one) => [one]),
  ),
})

const standing: fc.Arbitrary<Standing> = fc.record({
  kind: fc.constantFrom('symlink', 'symlink', 'symlink', 'symlink', 'file', 'directory'),
  number: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constantFrom(...GENERATIONS.flatMap((one) => [one, one + 1]))),
  owner: fc.constantFrom(...OWNERS),
  uid: fc.constantFrom(0, 1000, 1001),
  purpose: fc.constantFrom('start', 'stop'),
  launch: fc.constantFrom('none', 'launch-1', 'launch-of-4', 'launch-of-the-stranger', 'unreadable'),
  wrong: fc.oneof(fc.constant([]), fc.array(wrong, { minLength: 1, maxLength: 3 })),
})

/** By chance too rare: what leads to a process. */
const ABANDONED: Standing = {
  kind: 'symlink',
  number: 4,
  owner: 'one that was killed',
  uid: 1000,
  purpose: 'start',
  launch: 'launch-of-the-stranger',
  wrong: [],
}

function textOf({ purpose, launch, wrong }: Standing, owner: Identity): string {
  const words = formatClaim({ purpose, launch: id(launch), owner }).split(' ')
  const spoilt = words.flatMap((one, at) => {
    const by = wrong.findLast((change) => change.at === at)?.by ?? [one]
    return by.map((text) => (text === 'same' ? one : text))
  })
  return spoilt.join(' ')
}

/** Strangers, one of them with the environment of a worker of another node, and commands that live and that do not. */
function inhabited(uid: number) {
  const world = new World({ story: false, stepLimit: 20_000 })
  const system = world.system({ uid })
  const another = world.system({ uid })
  const killed = world.system({ uid })
  const env = { MULTI_LAUNCH: 'launch-of-the-stranger', MULTI_PIDFILE: '/run/multi/w2.pid' }
  const stranger = world.launch(['/opt/stranger'], { uid: 1000, env, behaviour: forksChild() })
  world.launch(['/opt/other'], { env: { PATH: '/bin' }, behaviour: forksChild() })
  const owners: Readonly<Record<Standing['owner'], Identity>> = {
    we: system.self.identity,
    'another multi': another.self.identity,
    'one that was killed': killed.self.identity,
    'a stranger': stranger.identity,
    'a stranger of another boot': { ...stranger.identity, bootId: 'boot-1' },
    nobody: identity(4000),
  }
  world.kill(killed)
  return { world, system, owners, stranger }
}

function put(world: World, { kind, number, uid }: Standing, text: string): void {
  const path = claimPath(TARGET.pidfile, number)
  // No file system takes a link without a text, and the first that was there stays.
  const made = text !== '' && world.files.make(kind, path, ROOT, text, 0o777) === undefined
  if (made) world.files.changeOwner(path, uid, uid, ROOT)
}

/** Whom a claim names lives, and may have made it: a user's claim counts for that user's processes, whoever may put one there. */
function holds({ owner, uid }: Claim, world: World, system: SimSystem): boolean {
  if (sameProcess(owner, system.self.identity)) return true
  const believed = (one: SimProcess) => uid === 0 || uid === system.self.uid || uid === one.uid
  return world.machine.table.all().some((one) => !one.dead && sameProcess(one.identity, owner) && believed(one))
}

/** Whoever is said to hold the node does live. */
function judgeClaims({ top, abandoned, next }: Claims, world: World, system: SimSystem): void {
  expect(Number.isSafeInteger(next)).toBe(true)
  for (const claim of abandoned) {
    expect(claim.purpose).toBe('start')
    expect(holds(claim, world, system)).toBe(false)
  }
  if (!top) return
  expect(sameProcess(top.claim.owner, system.self.identity)).toBe(top.holder === 'ours')
  expect(top.holder !== 'dead').toBe(holds(top.claim, world, system))
}

/** By its text a claim may lead to whoever carries that launch, root's or their own; to nobody else. */
function ledToAnybody(launch: Seen['launch'], { abandoned }: Claims, stranger: SimProcess): boolean {
  if (!launch || launch.id === LAUNCH.id) return false
  expect(launch).toMatchObject({ id: 'launch-of-the-stranger', identity: stranger.identity })
  expect(abandoned.some((one) => one.launch === launch.id && one.uid !== 1001)).toBe(true)
  return true
}

const HARMLESS = ['claim', 'done', 'fail', 'launch', 'resolve', 'wait', 'want']

/** No worker of this node was ever started: nobody is to be signalled, whatever the goal. */
function judgeSteps(seen: Seen): void {
  for (const goal of [UP, DOWN, KILLED]) {
    const { step } = decide(goal, seen, momentOf())
    expect(HARMLESS).toContain(step)
    const waits = seen.claims.top?.holder === 'alive' && goal !== KILLED
    expect(waits ? step : 'wait').toBe('wait')
  }
}

describe('a claim', () => {
  test('whose words are anything is none, or has what its protocol allows', () => {
    fc.assert(
      fc.property(standing, (one) => {
        const read = parseClaim(textOf(one, identity(40)), 7)
        if (!read) return
        const { pid, startTicks, bootId, pidNamespace } = read.owner
        expect(Number.isSafeInteger(pid) && pid >= 0 && Number.isSafeInteger(startTicks)).toBe(true)
        expect(['start', 'stop']).toContain(read.purpose)
        expect([read.launch, bootId, pidNamespace]).not.toContain('')
      }),
      { numRuns: 3000 },
    )
  })

  test('and any others beside it, of anybody’s, at any number: nobody is said to live who does not, nobody is signalled', async () => {
    const found = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1000),
        fc.option(fc.constantFrom(...GENERATIONS)),
        fc.array(standing, { minLength: 1, maxLength: 5 }),
        async (uid, generation, all) => {
          const { world, system, owners, stranger } = inhabited(uid)
          await world.pass(20)
          if (generation !== null)
            world.files.put(recordPath(TARGET.pidfile), formatRecord({ ...RECORD, generation }), { uid: 0 })
          for (const one of all) put(world, one, textOf(one, owners[one.owner]))
          const seen = await world.runUntil(observe(new Look(system), TARGET, newMemory()))
          judgeClaims(seen.claims, world, system)
          expect(['stopped', 'unknown']).toContain(seen.state.state)
          judgeSteps(seen)
          found.add(seen.claims.top?.holder ?? 'free')
          const { launch } = await world.runUntil(observeAbandoned(new Look(system), TARGET, newMemory()))
          if (ledToAnybody(launch, seen.claims, stranger)) found.add('led to somebody')
        },
      ),
      { numRuns: 1500, examples: [[0, 3, [ABANDONED]]] },
    )
    expect([...found].toSorted()).toEqual(['alive', 'dead', 'free', 'led to somebody', 'ours'])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../../src/node/decide.ts'
import type { Goal } from '../../../src/node/goal.ts'
import { type Memory, newMemory } from '../../../src/node/memory.ts'
import type { Seen } from '../../../src/node/observe.ts'
import type { Step } from '../../../src/node/step.ts'
import {
  claimOf,
  DEAD_START,
  DEAD_STOP,
  DOWN,
  identity,
  KILLED,
  LAUNCH,
  LEADER,
  momentOf,
  NO_CLAIMS,
  OTHERS,
  OURS,
  PLAN,
  RECORD,
  STATES,
  STOP,
  seenOf,
  UP,
} from './fixtures.ts'

type StateName = keyof typeof STATES

const GOALS: Readonly<Record<'up' | 'down' | 'killed', Goal>> = { up: UP, down: DOWN, killed: KILLED }

/** A step in a word: what is done, or why not. */
function word(step: Step): string {
  if (step.step === 'fail') return `refuse: ${step.failure.reason}`
  if (step.step === 'done') return `done: ${step.done.result}`
  return step.step === 'wait' ? `wait: ${step.for}` : step.step
}

const memoryOf = (more: Partial<Memory>): Memory => ({ ...newMemory(), ...more })
const decided = (goal: Goal, seen: Seen, memory = newMemory(), now = 10_000): Step =>
  decide(goal, seen, momentOf({ memory, now }))

/** The table of decide.ts, its cells under a claim of ours. A stopped node has `wanted: up` where that must change. */
const TABLE: readonly (readonly [goal: keyof typeof GOALS, state: StateName, leftover: boolean, does: string])[] = [
  ['up', 'stopped', false, 'launch'],
  ['up', 'stopped', true, 'clear'],
  ['up', 'stale', true, 'clear'],
  ['up', 'starting', false, 'wait: ready'],
  ['up', 'running', false, 'done: already-running'],
  ['up', 'draining', false, 'refuse: draining'],
  ['up', 'leaderless', false, 'refuse: draining'],
  ['up', 'orphaned', false, 'refuse: orphaned'],
  ['up', 'foreign', false, 'refuse: foreign'],
  ['up', 'unknown', false, 'refuse: unknown'],
  ['down', 'stopped', false, 'want'],
  ['down', 'stopped', true, 'clear'],
  ['down', 'stale', true, 'clear'],
  ['down', 'starting', false, 'signal-leader'],
  ['down', 'running', false, 'signal-leader'],
  ['down', 'draining', false, 'wait: stopped'],
  ['down', 'leaderless', false, 'wait: stopped'],
  ['down', 'orphaned', false, 'want'],
  ['down', 'foreign', false, 'refuse: foreign'],
  ['down', 'unknown', false, 'refuse: unknown'],
  ['killed', 'stopped', false, 'want'],
  ['killed', 'stopped', true, 'clear'],
  ['killed', 'stale', true, 'clear'],
  ['killed', 'starting', false, 'kill'],
  ['killed', 'running', false, 'kill'],
  ['killed', 'draining', false, 'kill'],
  ['killed', 'leaderless', false, 'kill'],
  ['killed', 'orphaned', false, 'kill'],
  ['killed', 'foreign', false, 'refuse: foreign'],
  ['killed', 'unknown', false, 'refuse: unknown'],
]

/** What needs the claim: all but the kill, which goes also where no claim can be made. */
const CHANGES = new Set(['launch', 'clear', 'want', 'signal-leader', 'signal-rest', 'write-pidfile', 'resolve'])

describe.each(TABLE)('%s × %s (pidfile left: %s)', (goal, state, leftover, does) => {
  const seen = (more: Partial<Seen>): Seen => seenOf(STATES[state], { leftover, ...more })

  test(`holding the claim: ${does}`, () => {
    expect(word(decided(GOALS[goal], seen({ claims: OURS })))).toBe(does)
  })

  test('without it: first the claim, if there is anything to change', () => {
    const step = decided(GOALS[goal], seen({ claims: NO_CLAIMS }))
    const purpose = goal === 'up' ? 'start' : 'stop'
    expect(step.step === 'claim' ? step.purpose : word(step)).toBe(CHANGES.has(does) ? purpose : does)
  })

  test('held by another who lives: wait for it, and only kill goes ahead', () => {
    const step = word(decided(GOALS[goal], seen({ claims: OTHERS })))
    const kills = does === 'kill' || does.startsWith('refuse') ? does : 'done: already-down'
    expect(step).toBe(goal === 'killed' ? kills : 'wait: claim')
  })

  test('after one who died while starting it: look for its worker before anything else, once', () => {
    expect(word(decided(GOALS[goal], seen({ claims: DEAD_START })))).toBe(does === 'kill' ? 'kill' : 'claim')
    const mine = { top: { claim: claimOf(5), holder: 'ours' }, abandoned: DEAD_START.abandoned, next: 6 } as const
    expect(word(decided(GOALS[goal], seen({ claims: mine })))).toBe(does === 'kill' ? 'kill' : 'resolve')
    const looked = memoryOf({ searched: new Set([claimOf(4).launch]) })
    expect(word(decided(GOALS[goal], seen({ claims: mine }), looked))).toBe(does)
  })

  test('after one who died while stopping it: the claim that is left goes, too', () => {
    const step = word(decided(GOALS[goal], seen({ claims: DEAD_STOP })))
    expect(step).toBe(CHANGES.has(does) || does.startsWith('done') ? 'claim' : does)
  })
})

describe('up', () => {
  test('what this command started and what then runs is started', () => {
    const launched = memoryOf({ launched: { id: LAUNCH.id, identity: LEADER, logOffset: 0 } })
    const step = decided(UP, seenOf(STATES.running), launched, 6500)
    expect(step).toEqual({ step: 'done', done: { result: 'started', pid: 40, readyBy: 'alive', aliveMs: 1500 } })
  })

  test.each(['launched', 'joined'] as const)('what was %s and is gone has died; it is not started twice', (how) => {
    const memory = memoryOf(
      how === 'launched'
        ? { launched: { id: LAUNCH.id, identity: LEADER, logOffset: 0 } }
        : { joined: { pid: 40, logOffset: 0 } },
    )
    expect(word(decided(UP, seenOf(STATES.stopped, { claims: OURS }), memory))).toBe('refuse: died')
    expect(word(decided(UP, seenOf(STATES.orphaned, { claims: OURS }), memory))).toBe('refuse: died')
  })

  test('at the limit it is left booting and said so, or stopped where that was asked for', () => {
    const late = (goal: Goal) => decide(goal, seenOf(STATES.starting, { claims: OURS }), momentOf({ now: 69_000 }))
    expect(late(UP)).toMatchObject({ step: 'fail', failure: { reason: 'start-timeout', pid: 40, stopped: false } })
    expect(late({ ...UP, atLimit: 'stop' })).toMatchObject({ step: 'signal-leader', signal: 'TERM' })
  })

  test('stopped at the limit by this very command: wait for its end, then say that it was not ready', () => {
    const memory = memoryOf({
      launched: { id: LAUNCH.id, identity: LEADER, logOffset: 0 },
      stopping: { pid: 40, identity: LEADER },
      signalled: true,
    })
    expect(word(decided(UP, seenOf(STATES.draining), memory))).toBe('wait: stopped')
    const gone = decided(UP, seenOf(STATES.stopped), memory)
    expect(gone).toMatchObject({ step: 'fail', failure: { reason: 'start-timeout', stopped: true } })
  })

  test('a pidfile that the manager writes is written again where it is missing, and never a worker’s own', () => {
    const missing = { claims: OURS, pidfile: { is: 'absent' } } as const
    expect(word(decided(UP, seenOf(STATES.running, missing)))).toBe('write-pidfile')
    expect(word(decided(UP, seenOf(STATES.starting, missing)))).toBe('write-pidfile')
    const own = { ...RECORD, plan: { ...PLAN, pidfileOwner: 'worker', environmentNames: [] } } as const
    expect(word(decided(UP, seenOf(STATES.running, { ...missing, record: own })))).toBe('done: already-running')
    const blocked = { claims: OURS, pidfile: { is: 'blocked', why: 'a directory' } } as const
    expect(word(decided(UP, seenOf(STATES.running, blocked)))).toBe('done: already-running')
    const adopted = { ...missing, launch: { ...LAUNCH, adopted: true } }
    expect(word(decided(UP, seenOf(STATES.running, adopted)))).toBe('done: already-running')
  })

  test('a running one with other options: they are named, and it is fine', () => {
    const other: Goal = { ...UP, plan: { ...PLAN, argv: [PLAN.argv[0], '-c', '4'] } }
    const step = decided(other, seenOf(STATES.running))
    expect(step).toMatchObject({ step: 'done', done: { result: 'already-running', differs: ['without -c 4'] } })
  })

  test('at a default pidfile the other node of another fleet is not taken for it', () => {
    const other: Goal = { ...UP, plan: { ...PLAN, cwd: '/other' as never } }
    const theirs = { ...RECORD, fleet: '/elsewhere' }
    expect(word(decided(other, seenOf(STATES.running, { record: theirs })))).toBe('refuse: taken')
    expect(word(decided(UP, seenOf(STATES.running, { record: theirs })))).toBe('done: already-running')
    const named: Goal = { ...other, defaultPidfile: false }
    expect(word(decided(named, seenOf(STATES.running, { record: theirs })))).toBe('done: already-running')
  })

  test('a running one that somebody wanted down is wanted up again', () => {
    const down = { ...RECORD, wanted: 'down' } as const
    expect(word(decided(UP, seenOf(STATES.running, { claims: OURS, record: down })))).toBe('want')
  })
})

describe('down', () => {
  test('the signal is the user’s, else the kind’s, else TERM', () => {
    const seen = (record = RECORD) => seenOf(STATES.running, { claims: OURS, record })
    const quit = { ...RECORD, plan: { ...PLAN, environmentNames: [], stop: { warm: 'QUIT', cold: 'KILL' } } } as const
    expect(decided({ ...DOWN, signal: 'INT' }, seen(quit))).toMatchObject({ signal: 'INT' })
    expect(decided(DOWN, seen(quit))).toMatchObject({ signal: 'QUIT' })
    const { plan: _plan, ...adopted } = RECORD
    expect(decided(DOWN, seen(adopted))).toMatchObject({ signal: 'TERM' })
  })

  test('a draining one is joined: no second signal, however often it is looked at', () => {
    for (const wait of [true, false]) {
      const step = decided({ ...DOWN, wait }, seenOf(STATES.draining, { claims: OURS }))
      expect(word(step)).toBe(wait ? 'wait: stopped' : 'done: draining')
    }
  })

  test('without waiting: signalled by this command, and done', () => {
    const step = decided({ ...DOWN, wait: false }, seenOf(STATES.draining), memoryOf({ signalled: true }))
    expect(step).toEqual({ step: 'done', done: { result: 'signalled', pid: 40, signal: 'TERM' } })
  })

  test('no grandchild gets TERM while the leader lives, however long that takes', () => {
    const memory = memoryOf({ leaderGoneAt: 0 })
    expect(word(decided(DOWN, seenOf(STATES.draining), memory, 1e9))).toBe('wait: stopped')
  })

  test('what the leader left gets TERM after the grace, once', () => {
    const seen = seenOf(STATES.leaderless, { claims: OURS })
    const memory = memoryOf({ leaderGoneAt: 10_000 })
    expect(word(decided(DOWN, seen, memory, 19_999))).toBe('wait: stopped')
    expect(word(decided(DOWN, seen, memory, 20_000))).toBe('signal-rest')
    const state = { ...STATES.leaderless, request: { ...STOP, orphansSignalledAt: 1 } }
    expect(word(decided(DOWN, { ...seen, state }, memory, 1e9))).toBe('wait: stopped')
  })

  test('a stop that does not wait has no grace to give', () => {
    const seen = seenOf(STATES.leaderless, { claims: OURS })
    expect(word(decided({ ...DOWN, wait: false }, seen))).toBe('signal-rest')
    const state = { ...STATES.leaderless, request: { ...STOP, orphansSignalledAt: 1 } }
    expect(word(decided({ ...DOWN, wait: false }, { ...seen, state }))).toBe('done: draining')
  })

  test('a suspended one is waited for, and it is said', () => {
    const step = decided(DOWN, seenOf({ ...STATES.draining, suspended: true }))
    expect(step).toMatchObject({ step: 'wait', detail: 'suspended' })
  })

  test('at the limit it is left draining', () => {
    const step = decided({ ...DOWN, timeoutMs: 1000 }, seenOf(STATES.draining))
    expect(step).toMatchObject({ step: 'fail', failure: { reason: 'stop-timeout', pid: 40 } })
  })

  test('what was seen going is stopped; what was never there is already down', () => {
    const down = { record: { ...RECORD, wanted: 'down' } } as const
    expect(word(decided(DOWN, seenOf(STATES.stopped, down)))).toBe('done: already-down')
    const memory = memoryOf({ stopping: { pid: 40 } })
    expect(decided(DOWN, seenOf(STATES.stopped, down), memory)).toEqual({
      step: 'done',
      done: { result: 'stopped', pid: 40, killed: [] },
    })
  })

  test('in a restart another worker than the one to be stopped is left alone; a stop stops it', () => {
    const memory = memoryOf({ stopping: { pid: 39, identity: identity(39) } })
    const seen = seenOf(STATES.running, { claims: OURS })
    expect(word(decided({ ...DOWN, wanted: 'up' }, seen, memory))).toBe('done: stopped')
    expect(word(decided(DOWN, seen, memory))).toBe('signal-leader')
    const same = memoryOf({ stopping: { pid: 40, identity: LEADER } })
    expect(word(decided({ ...DOWN, wanted: 'up' }, seen, same))).toBe('signal-leader')
  })

  test.for(['running', 'draining', 'leaderless', 'orphaned', 'stale'] as const)(
    'where one worker only is meant, another that is %s is left alone',
    (state) => {
      const seen = seenOf(STATES[state], { claims: OURS })
      expect(word(decided({ ...DOWN, only: identity(39) }, seen))).toBe('done: already-down')
      expect(word(decided({ ...DOWN, only: LEADER }, seen))).toBe(word(decided(DOWN, seen)))
    },
  )
})

describe('a node that dies before it is ready', () => {
  const launched = { id: LAUNCH.id, identity: LEADER, logOffset: 0 }
  const seen = (more: object) => seenOf(STATES.stopped, { claims: OURS, record: { ...RECORD, ...more } })

  test('at its very first start is not wanted up any more, and then reported', () => {
    const memory = memoryOf({ launched: { ...launched, first: true } })
    expect(word(decided(UP, seen({}), memory))).toBe('unwant')
    expect(word(decided(UP, seen({ wanted: 'down', neverUp: true }), memory))).toBe('refuse: died')
    expect(word(decided(UP, seen({}), { ...memory, unwanted: true }))).toBe('refuse: died')
  })

  test('later is reported, and stays wanted up', () =>
    expect(word(decided(UP, seen({}), memoryOf({ launched })))).toBe('refuse: died'))

  test('and comes up at last is wanted up from then on', () => {
    const running = seenOf(STATES.running, { claims: OURS, record: { ...RECORD, neverUp: true } })
    expect(word(decided(UP, running, memoryOf({ launched: { ...launched, first: true } })))).toBe('want')
  })
})

test.for([
  ['stopped', false, 'forget'],
  ['stopped', true, 'clear'],
  ['stale', true, 'clear'],
  ['starting', false, 'refuse: not-down'],
  ['running', false, 'refuse: not-down'],
  ['draining', false, 'refuse: not-down'],
  ['leaderless', false, 'refuse: not-down'],
  ['orphaned', false, 'refuse: orphaned'],
  ['foreign', false, 'refuse: foreign'],
  ['unknown', false, 'refuse: unknown'],
] as const)('to be forgotten, %s, leftover %s: %s, if need be under a claim', ([state, leftover, does]) => {
  const goal = { goal: 'forgotten' } as const
  expect(word(decided(goal, seenOf(STATES[state], { leftover, claims: OURS })))).toBe(does)
  const first = does.startsWith('refuse') ? does : 'claim'
  expect(word(decided(goal, seenOf(STATES[state], { leftover, claims: NO_CLAIMS })))).toBe(first)
})

describe('killed', () => {
  test('is repeated once a second, and given up after fifteen', () => {
    const seen = seenOf(STATES.running, { claims: OURS })
    const at = (now: number, kills: number) => word(decided(KILLED, seen, memoryOf({ killedAt: 10_000, kills }), now))
    expect(at(10_500, 1)).toBe('wait: stopped')
    expect(at(11_000, 1)).toBe('kill')
    expect(at(11_000, 2)).toBe('wait: stopped')
    expect(at(25_000, 15)).toBe('refuse: unkillable')
  })

  test('says whom it killed', () => {
    const memory = memoryOf({ stopping: { pid: 40 }, killed: new Set([40, 41]) })
    const down = { record: { ...RECORD, wanted: 'down' } } as const
    expect(decided(KILLED, seenOf(STATES.stopped, down), memory)).toEqual({
      step: 'done',
      done: { result: 'stopped', pid: 40, killed: [40, 41] },
    })
  })
})

test('whatever is seen, there is a decision, and only `kill` ever kills', () => {
  const states = fc.constantFrom(...Object.values(STATES))
  const claims = fc.constantFrom(NO_CLAIMS, OURS, OTHERS, DEAD_START, DEAD_STOP)
  const pidfile = fc.constantFrom<Seen['pidfile']>(
    { is: 'absent' },
    { is: 'garbage', why: '' },
    { is: 'blocked', why: '' },
    { is: 'pid', pid: 40, uid: 0, mtimeMs: 0 },
    { is: 'pid', pid: 77, uid: 0, mtimeMs: 0 },
  )
  const goals = fc.constantFrom<Goal>(UP, DOWN, KILLED, { ...DOWN, wait: false }, { ...DOWN, wanted: 'up' })
  const memory = fc.record({
    launched: fc.constantFrom(undefined, { id: LAUNCH.id, identity: LEADER, logOffset: 0 }),
    stopping: fc.constantFrom(undefined, { pid: 40, identity: LEADER }, { pid: 3 }),
    signalled: fc.boolean(),
  })
  fc.assert(
    fc.property(
      goals,
      states,
      claims,
      pidfile,
      fc.boolean(),
      memory,
      fc.nat(),
      (goal, state, held, file, left, mem, now) => {
        const { launched, stopping, signalled } = mem
        const full = memoryOf({ signalled, ...(launched ? { launched } : {}), ...(stopping ? { stopping } : {}) })
        const step = decided(goal, seenOf(state, { claims: held, pidfile: file, leftover: left }), full, now)
        expect(step.step === 'kill' && goal.goal !== 'killed').toBe(false)
        // Nothing is changed by whoever does not hold the claim.
        expect(CHANGES.has(step.step) && goal.goal !== 'killed' && held !== OURS).toBe(false)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a foreign node counts as down for a restart with --takeover, and is launched', () => {
  const foreign = seenOf(STATES.foreign, { claims: OURS, pidfile: { is: 'absent' } })
  expect(word(decided({ ...DOWN, wanted: 'up', takeover: true }, foreign))).toBe('done: already-down')
  expect(word(decided({ ...UP, takeover: true }, foreign))).toBe('launch')
})

test.each(Object.entries(GOALS))(
  'with a record that cannot be read nothing is claimed or resolved, whoever died there: %s is refused',
  (_name, goal) => {
    const { record: _unread, ...rest } = seenOf(STATES.unknown, { claims: DEAD_START })
    const blocked: Seen = { ...rest, recordRead: { is: 'blocked', why: 'the record cannot be read (EACCES)' } }
    expect(word(decide(goal, blocked, momentOf()))).toBe('refuse: unknown')
  },
)

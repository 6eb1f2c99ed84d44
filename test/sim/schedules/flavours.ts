import fc from 'fast-check'
import type { FaultRule } from '../index.ts'
import type { Happening, Issued, Schedule, Verb } from './schedule.ts'
import type { WorkerName } from './workers.ts'

const issuedAt = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }))

/** Most commands make a hundred calls or two, a restart up to six hundred. */
const killedAt = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 120 }), weight: 3 },
  { arbitrary: fc.integer({ min: 1, max: 600 }), weight: 2 },
)

const issued = (verbs: readonly Verb[], by: fc.Arbitrary<Issued['by']>): fc.Arbitrary<Issued> =>
  fc.record({
    verb: fc.constantFrom(...verbs),
    at: issuedAt,
    killedAt: fc.option(killedAt, { nil: undefined, freq: 2 }),
    by,
    asked: fc.constantFrom(undefined, undefined, true),
    only: fc.constantFrom(undefined, undefined, undefined, 'w1', 'w2'),
  })

interface Kind {
  readonly verbs: readonly Verb[]
  readonly workers: readonly WorkerName[]
  readonly by?: fc.Arbitrary<Issued['by']>
  /** What else this flavour has. */
  readonly more?: fc.Arbitrary<Partial<Schedule>>
}

const EVERYBODY: readonly WorkerName[] = ['sleeper', 'drains', 'celeryLike', 'forksChild', 'rewritesEnviron']
/** A pool that its worker no longer leads obeys nothing but KILL: a stopwait would rightly wait for ever. */
const OBEDIENT: readonly WorkerName[] = ['sleeper', 'drains', 'forksChild', 'rewritesEnviron']
const TALKERS: readonly WorkerName[] = ['talks', 'talksLate', 'talksOnAndOn', 'heeds', 'lies', 'app']

const ALL: readonly Verb[] = ['start', 'stop', 'stopwait', 'restart', 'restart in turn', 'kill']

const ASKED: readonly Verb[] = [...ALL, 'status', 'status']

const happening = (...what: readonly Happening['what'][]): fc.Arbitrary<Partial<Schedule>> =>
  fc.record({
    happenings: fc.array(fc.record({ what: fc.constantFrom(...what), at: fc.integer({ min: 0, max: 400 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
  })

const ENOSPC = ['createFile', 'rename', 'symlink', 'makeDirectory', 'openLog', 'lock'] as const
const LOOKS = ['readFile', 'process', 'processes', 'list', 'environ', 'commandLine', 'realUid', 'descriptor'] as const
/** Looks, which throw then, and changes, which are refused. */
const SHORT = [...LOOKS, 'workingDirectory', 'signal', 'signalGroup', 'createFile', 'openLog', 'spawn', 'lock'] as const
/** These need no descriptor, but memory. */
const ENOMEM = ['readlink', 'stat', 'statTarget', 'access', 'readTail', 'symlink', 'rename'] as const
const EACCES = ['remove', 'rename', 'createFile', 'signal', 'signalGroup', 'openLog', 'spawn'] as const

const refusals = (code: string, calls: readonly FaultRule['call'][]): fc.Arbitrary<FaultRule> =>
  fc.record({
    code: fc.constant(code),
    call: fc.constantFrom(...calls),
    after: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 25 })),
    times: fc.integer({ min: 1, max: 4 }),
    leaves: fc.constantFrom('empty', 'half', 'all'),
  })

/** It dies in the middle of writing a file, of which something may be there. */
const diesWriting: fc.Arbitrary<FaultRule> = fc.record({
  call: fc.constant('createFile' as const),
  kills: fc.constant(true),
  after: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 15 })),
  leaves: fc.constantFrom('empty', 'half', 'all'),
})

const faults = fc.record({
  faults: fc.array(
    fc.oneof(
      refusals('ENOSPC', ENOSPC),
      refusals('EMFILE', SHORT),
      refusals('ENOMEM', [...SHORT, ...ENOMEM]),
      refusals('EACCES', EACCES),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
})

const reboots = fc.record({
  reboot: fc.record({
    at: fc.integer({ min: 1, max: 400 }),
    torn: fc.constantFrom<false | 'half' | 'empty'>(false, 'half', 'empty'),
  }),
})

const fewPids: fc.Arbitrary<Partial<Schedule>> = fc.record({
  pids: fc.constant({ first: 100, last: 139 }),
  strangersEvery: fc.constant(15),
  // Zombies that lie about for long would leave no pid to anybody.
  initDelayMs: fc.constantFrom(0, 40),
})

/** What may be mixed with what, each with its own question. */
const KINDS = {
  starts: { verbs: ['start'], workers: EVERYBODY },
  stops: { verbs: ['stop', 'stopwait'], workers: EVERYBODY },
  restarts: { verbs: ['start', 'stop', 'stopwait', 'restart', 'restart in turn', 'status'], workers: EVERYBODY },
  kills: { verbs: ASKED, workers: [...EVERYBODY, 'leavesDaemon'] },
  strangers: { verbs: ASKED, workers: EVERYBODY, more: fewPids },
  accidents: {
    verbs: ASKED,
    workers: OBEDIENT,
    more: happening('worker killed', 'worker suspended', 'worker resumed', 'Ctrl-C', 'clock set'),
  },
  pidfiles: {
    verbs: ASKED,
    workers: OBEDIENT,
    more: happening('worker killed', 'pidfile removed', 'pidfile emptied', 'pidfile names a stranger'),
  },
  talkers: { verbs: [...ASKED, 'quiet', 'resume'], workers: TALKERS },
  'talkers among strangers': {
    verbs: [...ALL, 'quiet', 'resume'],
    workers: ['talks', 'app'],
    more: fewPids,
  },
  obstinate: {
    verbs: ['start', 'stop', 'stopwait or kill', 'kill', 'status'],
    workers: ['ignoresTerm', 'ignoresWithChild', 'drains'],
  },
  troubled: { verbs: ASKED, workers: ['diesAtOnce', 'diesInBoot', 'hangsInBoot', 'leaves', 'leaves'] },
  reboots: { verbs: ASKED, workers: [...EVERYBODY, 'talks', 'app'], more: reboots },
  refusals: { verbs: ASKED, workers: [...EVERYBODY, 'talks', 'app'], more: faults },
  writes: {
    verbs: ASKED,
    workers: [...EVERYBODY, 'talks', 'app'],
    more: fc.record({ faults: fc.array(diesWriting, { minLength: 1, maxLength: 3 }) }),
  },
  users: {
    verbs: ASKED,
    workers: OBEDIENT,
    by: fc.constantFrom(undefined, undefined, 'root'),
  },
} satisfies Record<string, Kind>

export type Flavour = keyof typeof KINDS

export const FLAVOURS = Object.keys(KINDS) as Flavour[]

/** Names no node that this fleet does not have. */
const whereThere = ({ only, asked, ...one }: Issued, nodes: readonly string[]): Issued => ({
  ...one,
  ...(only !== undefined && nodes.length > 1 ? { only } : {}),
  ...(asked === true ? { asked } : {}),
})

export function schedules(flavour: Flavour): fc.Arbitrary<Schedule> {
  const { verbs, workers, by = fc.constant(undefined), more = fc.constant({}) }: Kind = KINDS[flavour]
  return fc
    .record({
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      begins: fc.constantFrom('up', 'down'),
      worker: fc.constantFrom(...workers),
      nodes: fc.constantFrom(['w1'], ['w1', 'w2']),
      lock: fc.constantFrom('exclusive', 'twice', 'twice-when-stale'),
      initDelayMs: fc.constantFrom(0, 0, 0, 40, 600),
      commands: fc.array(issued(verbs, by), { minLength: 2, maxLength: 4 }),
      stall: fc.option(fc.record({ chance: fc.constant(0.01), ms: fc.constantFrom(50, 3000) }), { nil: undefined }),
      more,
    })
    .map(({ stall, more: added, commands, ...schedule }) => {
      const named = commands.map((one) => whereThere(one, schedule.nodes))
      return { ...schedule, commands: named, ...(stall ? { stall } : {}), ...added } as Schedule
    })
}

import { expect, test } from 'vitest'
import { complaintsOf, type Schedule } from './schedule.ts'

/** What random schedules have found, once: small, and by name. */
const FOUND: readonly (readonly [string, Schedule])[] = [
  [
    'a worker whose start and whose finder could not record it (a full disk) is not forgotten by the finder',
    {
      seed: 0,
      worker: 'sleeper',
      nodes: ['w1'],
      begins: 'up',
      commands: [
        { verb: 'start', at: 0 },
        { verb: 'restart', at: 0 },
      ],
      faults: [{ call: 'createFile', code: 'ENOSPC', after: 2, times: 3, leaves: 'empty' }],
    },
  ],
  [
    'a start by root, killed right after its spawn, is not forgotten by a user who may not read of it',
    {
      seed: 0,
      worker: 'sleeper',
      nodes: ['w1'],
      begins: 'down',
      commands: [
        { verb: 'start', at: 0, by: 'root', killedAt: 52 },
        { verb: 'kill', at: 0 },
        { verb: 'start', at: 20 },
      ],
    },
  ],
  [
    'a worker whose starter was killed before it could record it still speaks for itself afterwards',
    {
      seed: 0,
      worker: 'talksOnAndOn',
      nodes: ['w1'],
      begins: 'down',
      commands: [
        { verb: 'start', at: 0, killedAt: 64 },
        { verb: 'start', at: 6 },
      ],
    },
  ],
  [
    'a start that has no memory for a look at its directory takes no other: two starts would make two workers',
    {
      seed: 0,
      worker: 'sleeper',
      nodes: ['w1'],
      begins: 'down',
      commands: [
        { verb: 'start', at: 0 },
        { verb: 'start', at: 0 },
      ],
      faults: [{ call: 'access', code: 'ENOMEM' }],
    },
  ],
  [
    'a kill that was held up while a start recorded its worker, and the clock was set, does not say that nothing names it',
    {
      seed: 267_215_443,
      worker: 'sleeper',
      nodes: ['w1', 'w2'],
      begins: 'up',
      commands: [
        { verb: 'stopwait', at: 0 },
        { verb: 'start', at: 27 },
        { verb: 'start', at: 82 },
        { verb: 'kill', at: 112 },
      ],
      happenings: [
        { what: 'worker killed', at: 0 },
        { what: 'clock set', at: 182 },
      ],
      stall: { chance: 0.01, ms: 3000 },
    },
  ],
  [
    'a status that finds what a killed restart started, while somebody records and kills that, does not take its daemon for it',
    {
      seed: 24,
      worker: 'leavesDaemon',
      nodes: ['w1', 'w2'],
      begins: 'up',
      initDelayMs: 600,
      stall: { chance: 0.01, ms: 50 },
      commands: [
        { verb: 'restart', at: 0, killedAt: 127 },
        { verb: 'kill', at: 193, only: 'w1' },
        { verb: 'status', at: 253 },
      ],
    },
  ],
  [
    'a start that finds a younger worker by its pidfile, because the clock was set while another command started it, looks again',
    {
      seed: 1878890652,
      worker: 'sleeper',
      nodes: ['w1', 'w2'],
      begins: 'down',
      stall: { chance: 0.01, ms: 50 },
      commands: [
        { verb: 'start', at: 0 },
        { verb: 'restart', at: 164, only: 'w1' },
      ],
      happenings: [{ what: 'clock set', at: 202 }],
    },
  ],
  [
    'a kill knows whom it has seen, and whom a killed start marked, also when the clock is set meanwhile',
    {
      seed: 2147483622,
      worker: 'drains',
      nodes: ['w1', 'w2'],
      begins: 'down',
      lock: 'twice',
      initDelayMs: 40,
      stall: { chance: 0.01, ms: 3000 },
      commands: [
        { verb: 'kill', at: 0, only: 'w1', asked: true },
        { verb: 'start', at: 0, killedAt: 86, asked: true },
        { verb: 'restart', at: 232, killedAt: 450 },
        { verb: 'kill', at: 251, asked: true },
      ],
      happenings: [{ what: 'clock set', at: 298 }],
    },
  ],
  [
    'a kill beside a start that has not recorded its worker yet ends the whole group, also when somebody else kills the leader first',
    {
      seed: 16,
      worker: 'forksChild',
      nodes: ['w1', 'w2'],
      begins: 'down',
      lock: 'exclusive',
      initDelayMs: 40,
      stall: { chance: 0.01, ms: 3000 },
      commands: [
        { verb: 'start', at: 0, only: 'w1' },
        { verb: 'stopwait', at: 0 },
        { verb: 'kill', at: 0, killedAt: 21 },
        { verb: 'kill', at: 5 },
      ],
      happenings: [
        { what: 'worker killed', at: 74 },
        { what: 'pidfile removed', at: 312 },
      ],
    },
  ],
  [
    'a kill beside a start that has not recorded its worker yet knows it by its mark, also when the clock is set meanwhile',
    {
      seed: 532778850,
      worker: 'forksChild',
      nodes: ['w1'],
      begins: 'up',
      lock: 'twice',
      initDelayMs: 0,
      stall: { chance: 0.01, ms: 3000 },
      commands: [
        { verb: 'stop', at: 0, killedAt: 31, asked: true },
        { verb: 'stopwait', at: 0, killedAt: 32 },
        { verb: 'kill', at: 23 },
        { verb: 'start', at: 128 },
      ],
      happenings: [
        { what: 'worker resumed', at: 122 },
        { what: 'worker killed', at: 145 },
        { what: 'worker resumed', at: 253 },
        { what: 'clock set', at: 398 },
      ],
    },
  ],
  [
    'a start that is held up between its look at the worker and its look at the clock does not count what it has not seen',
    {
      seed: 6541,
      worker: 'diesAtOnce',
      nodes: ['w1'],
      begins: 'down',
      initDelayMs: 0,
      stall: { chance: 0.05, ms: 3000 },
      commands: [{ verb: 'start', at: 0 }],
    },
  ],
]

/** Which call that was changes with the code; that it was one of these does not. */
const near = (killedAt: number): number[] => Array.from({ length: 41 }, (_, at) => killedAt - 20 + at)

/** The schedule, or, where a command is killed in it, one for each of the calls around. */
function variants(schedule: Schedule): Schedule[] {
  const killed = schedule.commands.findIndex((one) => one.killedAt !== undefined)
  const killedAt = schedule.commands[killed]?.killedAt
  if (killedAt === undefined) return [schedule]
  return near(killedAt).map((call) => ({
    ...schedule,
    commands: schedule.commands.map((one, at) => (at === killed ? { ...one, killedAt: call } : one)),
  }))
}

test.each(FOUND)('%s', async (_title, schedule) => {
  for (const one of variants(schedule)) expect(await complaintsOf(one)).toEqual([])
})

import { expect, it } from 'vitest'
import type { FleetEvent } from '../../../src/model/events.ts'
import { usage } from '../../../src/model/failure.ts'
import type { LaunchPlan } from '../../../src/model/spec.ts'
import {
  errorJson,
  getJson,
  jsonReporter,
  listJson,
  outcomesJson,
  showJson,
  statusJson,
} from '../../../src/report/json.ts'
import { lines, showText } from '../../../src/report/plain.ts'
import { path, quote, w1, w2, written } from './fixtures.ts'

const parsed = (text: string): unknown => JSON.parse(text)
const KEYS =
  'name result pid ms exitCode signal reason message logTail readyBy aliveMs wasPid differs killed jobsLost jobsLeft said fleet pidfile logfile notes'

const nothing = Object.fromEntries(KEYS.split(' ').map((key) => [key, null]))
const of = (short: string) => ({
  ...nothing,
  name: `${short}@host`,
  fleet: '/srv/shop',
  pidfile: `/run/shop/${short}.pid`,
  logfile: `/var/log/shop/${short}.log`,
  notes: [],
})

const died: FleetEvent = {
  event: 'outcome',
  outcome: {
    target: w2,
    ms: 5.4,
    result: 'failed',
    failure: { reason: 'died', exit: { code: 3 }, logTail: ['boom'], logfile: path('/l') },
  },
}
const started: FleetEvent = {
  event: 'outcome',
  outcome: { target: w1, ms: 400, result: 'started', pid: 4711, readyBy: 'word', aliveMs: 400 },
}

it('prints one document at the end, rows as they were asked for', () => {
  const { streams, out, err } = written()
  const reporter = jsonReporter({ out, err, order: ['w1@host', 'w2@host'] })
  const events: FleetEvent[] = [
    { event: 'starting', count: 2 },
    { event: 'note', target: w1, text: 'removed a stale pidfile' },
    { event: 'note', text: 'the index cannot be written' },
    died,
    started,
  ]
  events.forEach(reporter.emit)
  expect(streams.stdout).toBe('')
  reporter.end()
  expect(streams.stderr).toBe('multi: the index cannot be written\n')
  expect(parsed(streams.stdout)).toEqual([
    {
      ...of('w1'),
      result: 'started',
      pid: 4711,
      ms: 400,
      readyBy: 'word',
      aliveMs: 400,
      notes: ['removed a stale pidfile'],
    },
    {
      ...of('w2'),
      result: 'failed',
      ms: 5,
      exitCode: 3,
      reason: 'died',
      message: 'exited with code 3 before it was ready; see /l',
      logTail: ['boom'],
    },
  ])
})

it('gives namesakes of two fleets each its own notes, and whole milliseconds', () => {
  const { streams, out, err } = written()
  const reporter = jsonReporter({ out, err })
  const other = { ...w1, fleet: '/srv/mail', pidfile: path('/run/mail/w1.pid') }
  for (const target of [w1, other]) {
    reporter.emit({ event: 'note', target, text: `of ${target.fleet}` })
    const outcome = { target, ms: 1.6, result: 'started', pid: 4711, readyBy: 'alive', aliveMs: 1000.4 } as const
    reporter.emit({ event: 'outcome', outcome })
  }
  reporter.end()
  expect(parsed(streams.stdout)).toMatchObject([
    { fleet: '/srv/shop', notes: ['of /srv/shop'], ms: 2, aliveMs: 1000 },
    { fleet: '/srv/mail', notes: ['of /srv/mail'], ms: 2, aliveMs: 1000 },
  ])
})

it('has the same keys in the same order for every result', () => {
  const rows = parsed(
    outcomesJson([
      { target: w1, ms: 1, result: 'restarted', pid: 2, wasPid: 1, readyBy: 'alive', aliveMs: 1 },
      { target: w1, ms: 1, result: 'already-running', pid: 2, differs: ['-c'] },
      { target: w1, ms: 1, result: 'signalled', pid: 2, signal: 'INT' },
      { target: w1, ms: 1, result: 'draining', pid: 2 },
      { target: w1, ms: 1, result: 'stopped', pid: 2, exit: { signal: 'KILL' }, killed: [2] },
      { target: w1, ms: 1, result: 'already-down' },
      { target: w1, ms: 1, result: 'failed', failure: { reason: 'stop-timeout', pid: 2, afterMs: 1 } },
    ]),
  ) as Record<string, unknown>[]
  expect(rows.map((row) => Object.keys(row).join(' '))).toEqual(rows.map(() => KEYS))
  expect(rows.map((row) => [row['pid'], row['signal'], row['killed'], row['differs'], row['wasPid']])).toEqual([
    [2, null, null, null, 1],
    [2, null, null, ['-c'], null],
    [2, 'INT', null, null, null],
    [2, null, null, null, null],
    [2, 'KILL', [2], null, null],
    [null, null, null, null, null],
    [2, null, null, null, null],
  ])
  expect(parsed(outcomesJson([]))).toEqual([])
})

it('says of one that ran already that it takes no jobs', () => {
  const done = { result: 'already-running', pid: 2, differs: [] } as const
  const rows = parsed(
    outcomesJson([
      { target: w1, ms: 1, ...done, quiet: true },
      { target: w2, ms: 1, ...done },
    ]),
  )
  expect(rows).toMatchObject([{ notes: ['it is quiet: multi resume has it take jobs again'] }, { notes: [] }])
})

it('gives the rows of status with nulls, and no password', () => {
  const { name, pidfile, logfile, fleet } = w1
  const bare = { name, state: 'running', pidfile, logfile, fleet } as const
  const nulls = {
    pid: null,
    kind: null,
    uptimeSeconds: null,
    startedAt: null,
    argv: null,
    note: null,
    cpu: null,
    memory: null,
    jobs: null,
    heardSecondsAgo: null,
  }
  expect(parsed(statusJson([bare, { ...bare, pid: 1, argv: ['x', 'redis://:pw@h'] }]))).toEqual([
    { ...bare, ...nulls },
    { ...bare, ...nulls, pid: 1, argv: ['x', 'redis://:***@h'] },
  ])
})

const plan: LaunchPlan = {
  ...w1,
  kind: 'celery',
  argv: [path('/bin/celery'), '-b', 'redis://:pw@h'],
  cwd: path('/srv/shop'),
  env: { MULTI_NODE: 'w1@host' },
  pidfileOwner: 'worker',
  ready: 'pidfile+alive',
  stop: { warm: 'TERM', cold: 'QUIT' },
  umask: 0o22,
  why: 'it has -A',
  notes: ['--detach is left out'],
}

it('shows how a node would be started, with nothing masked', () => {
  expect(parsed(showJson([plan]))).toEqual([
    {
      name: 'w1@host',
      kind: 'celery',
      argv: ['/bin/celery', '-b', 'redis://:pw@h'],
      cwd: '/srv/shop',
      env: { MULTI_NODE: 'w1@host' },
      pidfile: '/run/shop/w1.pid',
      logfile: '/var/log/shop/w1.log',
      uid: null,
      gid: null,
      umask: 18,
      why: 'it has -A',
      notes: ['--detach is left out'],
    },
  ])
  const command = '/bin/celery -b redis://:pw@h\n'
  expect(showText([plan], { quote })).toBe(command)
  expect(showText([plan], { quote, verbose: true })).toBe(
    `# w1@host: celery, it has -A\n# --detach is left out\n${command}`,
  )
})

it('gives lists and objects as they are', () => {
  expect(parsed(listJson(['w1@host', 'w2@host']))).toEqual(['w1@host', 'w2@host'])
  expect(parsed(getJson({ '-c': '4' }))).toEqual({ '-c': '4' })
  expect(lines(['w1@host', 'w2@host'])).toBe('w1@host\nw2@host\n')
  expect(lines([])).toBe('')
})

it('gives an error as the one document', () => {
  expect(parsed(errorJson(usage('no node w9', { argument: '-c:w9', hint: 'did you mean w1?' })))).toEqual({
    error: { reason: 'usage', message: 'no node w9', argument: '-c:w9', hint: 'did you mean w1?', exitCode: 2 },
  })
  expect(parsed(errorJson({ reason: 'locked', path: '/run', afterMs: 10_000 }))).toEqual({
    error: {
      reason: 'locked',
      message: 'another multi holds the lock of /run, waited 10 s; try again, or wait longer with --wait-lock',
      exitCode: 75,
    },
  })
})

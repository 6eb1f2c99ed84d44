import { describe, expect, it } from 'vitest'
import type { FleetEvent } from '../../../src/model/events.ts'
import { type TextOptions, textReporter } from '../../../src/report/text.ts'
import { ESC, path, quote, w1, w2, written } from './fixtures.ts'

const START: readonly FleetEvent[] = [
  { event: 'starting', count: 2 },
  { event: 'note', target: w1, text: 'removed a stale pidfile: pid 9 is gone' },
  { event: 'launching', target: w1, argv: ['/bin/celery', '-b', 'redis://:pw@h', 'a b'] },
  { event: 'launched', target: w1, pid: 4711 },
  { event: 'outcome', outcome: { target: w1, ms: 400, result: 'started', pid: 4711, readyBy: 'word', aliveMs: 400 } },
  {
    event: 'outcome',
    outcome: {
      target: w2,
      ms: 5,
      result: 'failed',
      failure: { reason: 'died', exit: { code: 3 }, logTail: ['boom'], logfile: path('/l') },
    },
  },
]

function report(events: readonly FleetEvent[], options: Partial<TextOptions> = {}) {
  const { streams, out, err } = written()
  const reporter = textReporter({ out, err, verb: 'start', version: '0.1.0', now: () => 0, quote, ...options })
  events.forEach(reporter.emit)
  reporter.end()
  return streams
}

describe('start', () => {
  const body = [
    '> Starting nodes...',
    '\t> w1@host: removed a stale pidfile: pid 9 is gone',
    '\t> w1@host: OK (pid 4711, ready in 0.4 s)',
    '\t> w2@host: FAILED: exited with code 3 before it was ready; see /l',
    '\t  | boom',
    '',
  ].join('\n')

  it('prints what Celery prints, and the facts', () => {
    expect(report(START)).toEqual({ stdout: `multi v0.1.0\n${body}`, stderr: '' })
  })
  it('has no banner with --nosplash', () => {
    expect(report(START, { nosplash: true }).stdout).toBe(body)
  })
  it('shows command lines with --verbose, quoted and without passwords', () => {
    const { stdout } = report(START, { verbose: true })
    expect(stdout).toContain("\n\t  w1@host: /bin/celery -b 'redis://:***@h' 'a b'\n\t  w1@host: pid 4711\n")
  })
  it('says with --quiet only what failed, on stderr', () => {
    expect(report(START, { quiet: true, color: true, live: { columns: () => 80 } })).toEqual({
      stdout: '',
      stderr: '\t> w2@host: FAILED: exited with code 3 before it was ready; see /l\n\t  | boom\n',
    })
  })
  it('is coloured only when asked', () => {
    expect(report(START).stdout).not.toContain(ESC)
    expect(report(START, { color: true }).stdout).toContain(
      `${ESC}[36mmulti v0.1.0${ESC}[0m\n${ESC}[34m> Starting nodes...`,
    )
  })
})

describe('stop', () => {
  it('says once that a node was signalled', () => {
    const { stdout } = report(
      [
        { event: 'stopping', count: 2 },
        { event: 'signalled', target: w1, pid: 4711, signal: 'TERM', group: false },
        { event: 'outcome', outcome: { target: w1, ms: 1, result: 'signalled', pid: 4711, signal: 'TERM' } },
        { event: 'outcome', outcome: { target: w2, ms: 1, result: 'already-down' } },
      ],
      { verb: 'stop', nosplash: true },
    )
    expect(stdout).toBe('> Stopping nodes...\n\t> w1@host: TERM -> 4711\n> w2@host: DOWN\n')
  })
  it('tells the signals to a group from those to the leader', () => {
    const { stdout } = report(
      [
        { event: 'signalled', target: w1, pid: 4711, signal: 'TERM', group: true },
        { event: 'signalled', target: w1, pid: 4711, signal: 'KILL', group: true },
        { event: 'signalled', target: w2, pid: 4712, signal: 'KILL', group: false },
        { event: 'signalled', target: w2, pid: 4712, signal: 'INT', group: false },
      ],
      { verb: 'kill', nosplash: true },
    )
    expect(stdout).toBe(
      '\t> w1@host: TERM -> group 4711\nSending KILL to node w1@host (4711)\nSending KILL to node w2@host (4712)\n\t> w2@host: INT -> 4712\n',
    )
  })
})

describe('verbs whose output scripts read', () => {
  const note: FleetEvent = { event: 'note', text: 'w1 and w2 log to /dev/null' }
  it('keeps stdout clean, and stderr too for expand', () => {
    expect(report([note], { verb: 'names' })).toEqual({ stdout: '', stderr: 'multi: w1 and w2 log to /dev/null\n' })
    expect(report([note], { verb: 'expand' })).toEqual({ stdout: '', stderr: '' })
    expect(report([note], { verb: 'stop' })).toEqual({
      stdout: 'multi v0.1.0\n> w1 and w2 log to /dev/null\n',
      stderr: '',
    })
  })
})

import { describe, expect, it, test } from 'vitest'
import type { Done } from '../../../src/model/outcome.ts'
import { stylesFor } from '../../../src/report/ansi.ts'
import { outcomeLines } from '../../../src/report/outcome-lines.ts'
import { ESC, path, w1 } from './fixtures.ts'

const plain = stylesFor(false)

const TABLE: readonly (readonly [verb: string, done: Done, lines: string | readonly string[]])[] = [
  [
    'start',
    { result: 'started', pid: 4711, readyBy: 'word', aliveMs: 412 },
    '\t> w1@host: OK (pid 4711, ready in 0.4 s)',
  ],
  [
    'start',
    { result: 'started', pid: 4711, readyBy: 'alive', aliveMs: 1003 },
    '\t> w1@host: OK (alive 1.0 s, pid 4711)',
  ],
  ['start', { result: 'already-running', pid: 12, differs: [] }, '\t> w1@host: OK (already running, pid 12)'],
  [
    'start',
    { result: 'already-running', pid: 12, differs: ['--concurrency', '-b redis://:x@h'] },
    [
      '\t> w1@host: OK (already running, pid 12)',
      '\t  it was started differently: --concurrency, -b redis://:***@h; multi restart applies what was asked for now',
    ],
  ],
  [
    'start',
    { result: 'already-running', pid: 12, differs: [], quiet: true },
    ['\t> w1@host: OK (already running, pid 12)', '\t  it is quiet: multi resume has it take jobs again'],
  ],
  ['stop', { result: 'signalled', pid: 12, signal: 'TERM' }, '\t> w1@host: TERM -> 12'],
  ['stop', { result: 'draining', pid: 12 }, '\t> w1@host: already draining (pid 12), not signalled again'],
  ['stop', { result: 'already-down' }, '> w1@host: DOWN'],
  ['forget', { result: 'forgotten', recorded: true }, '\t> w1@host: OK (forgotten)'],
  ['forget', { result: 'forgotten', recorded: false }, '\t> w1@host: OK (nothing of it is recorded)'],
  ['stopwait', { result: 'stopped', pid: 12, killed: [] }, '\t> w1@host: OK (down in 3m10s)'],
  ['stopwait', { result: 'stopped', pid: 12, exit: { code: 0 }, killed: [] }, '\t> w1@host: OK (down in 3m10s)'],
  [
    'stopwait',
    { result: 'stopped', pid: 12, exit: { code: 3 }, killed: [] },
    '\t> w1@host: OK (down in 3m10s, exit code 3)',
  ],
  [
    'kill',
    { result: 'stopped', pid: 12, exit: { signal: 'KILL' }, killed: [12, 13] },
    '\t> w1@host: OK (down in 3m10s, ended by SIGKILL, killed 12, 13)',
  ],
  [
    'restart',
    { result: 'restarted', pid: 13, wasPid: 12, readyBy: 'word', aliveMs: 400 },
    '> Restarting node w1@host: OK (pid 13, was 12, ready in 0.4 s)',
  ],
  [
    'restart',
    { result: 'restarted', pid: 13, readyBy: 'alive', aliveMs: 1000 },
    '> Restarting node w1@host: OK (alive 1.0 s, pid 13)',
  ],
  [
    'restart',
    { result: 'started', pid: 13, readyBy: 'word', aliveMs: 400 },
    '> Restarting node w1@host: OK (pid 13, ready in 0.4 s)',
  ],
]

describe('each way to reach a goal', () => {
  test.each(TABLE)('%s %o', (verb, done, lines) => {
    expect(outcomeLines({ target: w1, ms: 190_000, ...done }, verb, plain)).toEqual([lines].flat())
  })
})

const failed = {
  target: w1,
  ms: 5,
  result: 'failed',
  failure: { reason: 'died', exit: { code: 3 }, logTail: ['Traceback', '  boom'], logfile: path('/l') },
} as const

it('shows the log below the failure', () => {
  const words = 'FAILED: exited with code 3 before it was ready; see /l'
  const tail = ['\t  | Traceback', '\t  |   boom']
  expect(outcomeLines(failed, 'start', plain)).toEqual([`\t> w1@host: ${words}`, ...tail])
  expect(outcomeLines(failed, 'restart', plain)).toEqual([`> Restarting node w1@host: ${words}`, ...tail])
})

it('paints OK, FAILED and DOWN as Celery does', () => {
  const painted = (outcome: Parameters<typeof outcomeLines>[0]) => outcomeLines(outcome, 'start', stylesFor(true))[0]
  expect(painted(failed)).toContain(`${ESC}[31mFAILED${ESC}[0m: exited`)
  expect(painted({ target: w1, ms: 1, result: 'already-down' })).toBe(`> w1@host: ${ESC}[35mDOWN${ESC}[0m`)
  expect(painted({ target: w1, ms: 1, result: 'already-running', pid: 1, differs: [] })).toContain(
    `${ESC}[32mOK${ESC}[0m`,
  )
})

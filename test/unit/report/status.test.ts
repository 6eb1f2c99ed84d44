import { expect, it } from 'vitest'
import type { NodeState } from '../../../src/model/state.ts'
import { type StatusRow, statusSummary, statusText } from '../../../src/report/status.ts'
import { ESC, quote, w1, w2 } from './fixtures.ts'

const row = ({ name, pidfile, logfile, fleet }: typeof w1, state: NodeState['state']): StatusRow => ({
  name,
  state,
  pidfile,
  logfile,
  fleet,
})
const ROWS: readonly StatusRow[] = [
  {
    ...row(w1, 'running'),
    pid: 4711,
    kind: 'celery',
    uptimeSeconds: 7530.9,
    cpu: 3.14,
    memory: 129_000_000,
    argv: ['celery', '-b', 'redis://:x@h'],
  },
  { ...row(w2, 'stale'), note: 'pid 12 is gone' },
]

it('is an aligned table with a sum', () => {
  expect(statusText(ROWS, { quote })).toBe(
    [
      'NAME     STATE    PID   UPTIME  KIND    CPU   MEM   NOTE            LOG',
      'w1@host  running  4711  2h05m   celery  3.1%  123M                  /var/log/shop/w1.log',
      'w2@host  stale                                      pid 12 is gone  /var/log/shop/w2.log',
      '2 nodes: 1 running, 1 stale',
      '',
    ].join('\n'),
  )
})

it('shows fleets when there are several, and more when asked', () => {
  const rows = [row(w1, 'stopped'), { ...row(w2, 'stopped'), fleet: '/srv/blog' }]
  expect(statusText(rows, { quote })).toContain('FLEET      LOG\n')
  const text = statusText(ROWS, { quote, verbose: true })
  expect(text).toContain('PIDFILE           COMMAND\n')
  expect(text).toContain("/run/shop/w1.pid  celery -b 'redis://:***@h'\n")
})

it('is cut to a terminal, and nowhere else', () => {
  const lines = statusText(ROWS, { quote, columns: 40 }).split('\n')
  expect(lines[1]).toBe('w1@host  running  4711  2h05m   celery')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
  expect(statusText(ROWS, { quote, columns: 60 }).split('\n')[2]).toBe(
    'w2@host  stale                                      pid 12 …',
  )
})

it('paints the state only', () => {
  const lines = statusText(ROWS, { quote, color: true }).split('\n')
  expect(lines[1]).toContain(`w1@host  ${ESC}[32mrunning${ESC}[0m  4711`)
  expect(lines[2]).toContain(`w2@host  ${ESC}[31mstale${ESC}[0m   `)
})

it('counts every state there is', () => {
  const states = ['stopped', 'stale', 'starting', 'running', 'draining', 'orphaned', 'foreign', 'unknown'] as const
  expect(statusSummary(states.map((state) => row(w1, state)))).toBe(
    '8 nodes: 1 running, 1 starting, 1 draining, 1 stopped, 1 stale, 1 orphaned, 1 foreign, 1 unknown',
  )
  expect(statusSummary([row(w1, 'running')])).toBe('1 node: 1 running')
  expect(statusText([], { quote })).toBe('0 nodes\n')
})

import { describe, expect, it, test } from 'vitest'
import { type Failure, REASONS, usage } from '../../../src/model/failure.ts'
import { tailOf, wording } from '../../../src/report/wording.ts'
import { ESC, path, w1 } from './fixtures.ts'

const log = { logTail: ['boom'], logfile: path('/var/log/shop/w1.log') }

/** Every reason at least once: the test below checks that none is missing. */
const TABLE: readonly (readonly [Failure, string])[] = [
  [
    usage('there is no node w9', { argument: '-c:w9', hint: 'did you mean w1?' }),
    'there is no node w9 (did you mean w1?)',
  ],
  [usage('two\nlines', { hint: 'a\nb' }), 'two\\nlines (a; b)'],
  [{ reason: 'died', exit: { code: 3 }, ...log }, 'exited with code 3 before it was ready; see /var/log/shop/w1.log'],
  [
    { reason: 'died', exit: { signal: 'KILL' }, ...log },
    'killed by SIGKILL (by hand, or out of memory) before it was ready; see /var/log/shop/w1.log',
  ],
  [
    { reason: 'died', exit: { signal: 'SEGV' }, ...log, logTail: [] },
    'killed by SIGSEGV before it was ready; it logged nothing to /var/log/shop/w1.log',
  ],
  [{ reason: 'died', ...log }, 'ended before it was ready; see /var/log/shop/w1.log'],
  [
    { reason: 'start-timeout', pid: 12, afterMs: 60_004, stopped: false, logTail: [] },
    'still booting after 60 s (pid 12), left running: see /var/log/shop/w1.log',
  ],
  [
    { reason: 'start-timeout', pid: 12, afterMs: 60_004, stopped: true, logTail: [] },
    'still booting after 60 s (pid 12), stopped by multi: see /var/log/shop/w1.log',
  ],
  [
    { reason: 'stop-timeout', pid: 12, afterMs: 30_000 },
    'still draining after 30 s (pid 12), left draining; wait again with multi stopwait',
  ],
  [
    { reason: 'unkillable', pid: 12, afterMs: 10_000 },
    'still there 10 s after KILL (pid 12): stuck in the kernel, or forking faster than signals end it; try multi kill again',
  ],
  [
    { reason: 'draining', pid: 12 },
    'not started: the worker before it is still draining (pid 12); wait with multi stopwait, then start again',
  ],
  [
    { reason: 'orphaned', pgid: 11, members: [12, 13] },
    'its main process is gone, 2 processes of its group 11 still live (12, 13); end what is left with multi kill',
  ],
  [
    { reason: 'orphaned', pgid: 11, members: [12] },
    'its main process is gone, 1 process of its group 11 still lives (12); end what is left with multi kill',
  ],
  [
    { reason: 'foreign', host: 'box2' },
    'it was started on box2, in another container or pid namespace, and may live there; stop it there, name another pidfile with --pidfile, or start it all the same with --takeover',
  ],
  [
    { reason: 'unknown', why: '/proc hides pid 12', path: path('/run/shop/w1.pid') },
    'cannot tell whether /run/shop/w1.pid names this worker: /proc hides pid 12; it is left alone',
  ],
  [
    { reason: 'taken', fleet: '/srv/blog', pid: 12, pidfile: path('/run/w1.pid') },
    'pidfile /run/w1.pid is taken by a worker of fleet /srv/blog (pid 12); stop that one or name another with --pidfile',
  ],
  [
    {
      reason: 'denied',
      what: 'write the pidfile of w1@host',
      path: '/run/shop/w1.pid',
      code: 'EACCES',
      option: '--pidfile',
    },
    'multi has no right to write the pidfile of w1@host: /run/shop/w1.pid: permission denied (EACCES); run as its owner, or name another place with --pidfile',
  ],
  [
    { reason: 'denied', what: 'write the pidfile of w1@host', path: '/usr/w1.pid', code: 'EROFS', option: '--pidfile' },
    'multi cannot write the pidfile of w1@host: /usr/w1.pid: the file system is read-only (EROFS); name another place with --pidfile',
  ],
  [
    { reason: 'denied', what: 'send TERM to w1@host (pid 12)', user: 'uid 33' },
    'multi has no right to send TERM to w1@host (pid 12); run as uid 33 or root',
  ],
  [
    { reason: 'denied', what: 'enter --workdir', path: '/srv' },
    'multi has no right to enter --workdir: /srv; run as its owner',
  ],
  [
    { reason: 'not-found', what: 'celery', tried: ['celery on PATH', 'python3 -m celery'], hint: 'pip install celery' },
    'cannot find celery, tried celery on PATH, python3 -m celery (pip install celery)',
  ],
  [{ reason: 'not-found', what: 'setpriv', tried: [] }, 'cannot find setpriv'],
  [
    { reason: 'no-directory', what: '--workdir', path: '/srv/gone' },
    '--workdir /srv/gone is not there or no directory; create it or name another',
  ],
  [
    { reason: 'bad-configuration', message: 'app.js exports no worker', hint: 'export default' },
    'app.js exports no worker (export default)',
  ],
  [
    { reason: 'system', what: 'open the log', call: 'open', path: '/v/w1.log', code: 'ENOSPC' },
    'could not open the log: open /v/w1.log: the disk is full (ENOSPC); free some space',
  ],
  [
    { reason: 'system', what: 'open the log', call: 'open', path: '/v/w1.log', code: 'EPERM' },
    'could not open the log: open /v/w1.log: not permitted (EPERM)',
  ],
  [
    { reason: 'system', what: 'open the log', call: 'open', path: '/v', code: 'EMFILE' },
    'could not open the log: open /v: too many files are open (EMFILE); raise the limit (ulimit -n)',
  ],
  [
    { reason: 'system', what: 'open the log', call: 'spawn', path: '/usr/bin/x', code: 'EAGAIN' },
    'could not open the log: spawn /usr/bin/x: no more processes are allowed (EAGAIN); raise the limit (ulimit -u, or the pids limit of the container)',
  ],
  [
    { reason: 'system', what: 'open the log', call: 'read', path: '/v', code: 'EAGAIN' },
    'could not open the log: read /v: it is not available just now (EAGAIN); try again',
  ],
  [
    { reason: 'system', what: 'open the log', call: 'frobnicate', code: 'EWHAT' },
    'could not open the log: frobnicate: EWHAT',
  ],
  [
    { reason: 'locked', path: '/run/shop', afterMs: 10_000, holder: 7 },
    'another multi (pid 7) holds the lock of /run/shop, waited 10 s; try again, or wait longer with --wait-lock',
  ],
  [
    { reason: 'locked', path: '/run/shop', afterMs: 500 },
    'another multi holds the lock of /run/shop, waited 0.5 s; try again, or wait longer with --wait-lock',
  ],
  [
    { reason: 'interrupted', state: 'draining', pid: 12 },
    'interrupted, left draining (pid 12); the same command finishes the work',
  ],
  [
    { reason: 'interrupted', state: 'starting', pid: 12, handedOn: true },
    'interrupted while starting (pid 12); its worker is interrupted, too, because it is in the foreground',
  ],
  [{ reason: 'interrupted', state: 'stopped' }, 'interrupted, left stopped; the same command finishes the work'],
  [
    { reason: 'halted', by: 'w1@host' },
    'not touched, because w1@host did not come back; run the restart again once that is mended',
  ],
  [
    { reason: 'not-down', state: 'running', pid: 12 },
    'not forgotten: it is running (pid 12); multi stopwait ends it, then forget it',
  ],
  [{ reason: 'not-running' }, 'it does not run; multi start starts it'],
  [{ reason: 'not-quieted', why: 'this kind of worker cannot be told' }, 'this kind of worker cannot be told'],
]

describe('each failure is one line', () => {
  test.each(TABLE)('%o', (failure, line) => {
    expect(wording(failure, w1)).toBe(line)
    expect(wording(failure)).not.toContain('\n')
  })

  it('has a row for every reason', () => {
    expect(new Set(TABLE.map(([failure]) => failure.reason))).toEqual(new Set(Object.keys(REASONS)))
  })
})

it('points at no log that it does not know', () => {
  expect(wording({ reason: 'start-timeout', pid: 1, afterMs: 1000, stopped: false, logTail: [] })).toBe(
    'still booting after 1.0 s (pid 1), left running',
  )
})

it('lets no log steer the terminal or tell a password', () => {
  const logTail = [`${ESC}[31mred${ESC}[0m`, `${ESC}]0;title\u0007x`, 'a\tb\u0008', 'redis://:secret@host/0']
  expect(tailOf({ reason: 'died', logfile: path('/l'), logTail })).toEqual([
    'red',
    'x',
    'a  b\\x08',
    'redis://:***@host/0',
  ])
  expect(tailOf({ reason: 'halted', by: 'w1' })).toEqual([])
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { celeryLike, type SimProcess } from '../index.ts'
import { lies } from './crash.ts'
import { Fleet, HOME, outcomesOf, RUN, UID } from './fleet.ts'
import type { WorkerName } from './workers.ts'

const STOPWAIT = 'stopwait w1 w2 --orphan-grace=50ms'

/** Runs it until it dies at that call, or ends before. */
async function dies(fleet: Fleet, line: string, call: number): Promise<void> {
  const command = fleet.issue(line)
  fleet.world.killAt(command.system, call)
  await fleet.world.runWhile(() => command.system.multi.alive)
}

/** What is wrong with a fleet that shall be up, after one command more. */
async function wrongWithStarted(fleet: Fleet): Promise<string[]> {
  const wrong: string[] = []
  const started = await fleet.outcomes(fleet.start)
  const rows = await fleet.status()
  for (const [at, node] of fleet.nodes.entries()) {
    const lie = lies(fleet, node, rows[at])
    if (lie !== undefined) wrong.push(lie)
    if (started[at]?.result === 'failed') wrong.push(JSON.stringify(started[at]))
    if (fleet.leadersOf(node).length !== 1) wrong.push(`${node}: ${fleet.leadersOf(node).length} alive`)
  }
  if (fleet.world.signals.some(({ process }) => !fleet.isOurs(process))) wrong.push('a stranger was signalled')
  return wrong
}

test(
  'a multi killed, and the one that was to finish its work killed as well: the third finishes it',
  { timeout: 60_000 },
  () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom<WorkerName>('sleeper', 'celeryLike', 'forksChild', 'rewritesEnviron'),
        fc.array(
          fc.tuple(
            fc.constantFrom('START', STOPWAIT, 'restart w1 w2 --startsecs=20ms', 'kill w1 w2'),
            fc.integer({ min: 20, max: 150 }),
          ),
          {
            minLength: 2,
            maxLength: 5,
          },
        ),
        async (worker, crashes) => {
          const fleet = new Fleet({ worker, nodes: ['w1', 'w2'] })
          for (const [line, call] of crashes) await dies(fleet, line.replace('START', fleet.start), call)
          // What a killed stop has begun ends first: a start would rightly refuse.
          await fleet.done(STOPWAIT)
          expect(await wrongWithStarted(fleet)).toEqual([])
          await fleet.done(STOPWAIT)
          expect(fleet.files()).toEqual(['.w1.pid.multi.json', '.w2.pid.multi.json'])
        },
      ),
      { numRuns: 150 },
    ),
)

describe('the machine loses power', () => {
  const crash = async (worker: WorkerName, line: string, call: number): Promise<Fleet> => {
    const fleet = new Fleet({ worker, nodes: ['w1', 'w2'], pids: { first: 100, last: 131 } })
    if (line !== 'START') await fleet.done(fleet.start)
    await dies(fleet, line.replace('START', fleet.start), call)
    fleet.world.reboot()
    return fleet
  }

  test.each<WorkerName>(['sleeper', 'celeryLike', 'rewritesEnviron'])(
    'in the middle of anything, with %s: nobody who has an old pid now is taken for a worker, and a start starts',
    { timeout: 60_000 },
    (worker) =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom('START', STOPWAIT, 'restart w1 w2'),
          fc.integer({ min: 20, max: 200 }),
          async (line, call) => {
            const fleet = await crash(worker, line, call)
            // The old pids are other people's now.
            for (let at = 0; at < 10; at++)
              fleet.world.launch(['/usr/sbin/daemon'], { uid: UID, env: { PATH: '/bin' } })
            const rows = await fleet.status()
            expect(rows.map(({ state }) => state).filter((state) => state !== 'stopped' && state !== 'stale')).toEqual(
              [],
            )
            expect(await wrongWithStarted(fleet)).toEqual([])
          },
        ),
        { numRuns: 60 },
      ),
  )
})

describe('workers that something else started', () => {
  /** As `celery multi` leaves them: detached, a pidfile of their own, nothing of ours in their environment. */
  function detached(): { fleet: Fleet; workers: SimProcess[] } {
    const fleet = new Fleet({ worker: 'celeryLike', nodes: ['w1', 'w2'] })
    for (const path of [`${HOME}/.local`, `${HOME}/.local/state`, `${HOME}/.local/state/multi`, RUN])
      fleet.world.files.directory(path, { uid: UID, gid: UID, mode: 0o700 })
    const workers = fleet.nodes.map((node) =>
      fleet.world.launch(['/usr/bin/celery', 'worker', '-n', `${node}@sim`, `--pidfile=${RUN}/${node}.pid`], {
        uid: UID,
        env: { PATH: '/bin' },
        behaviour: celeryLike({ bootMs: 10, drainMs: 60 }),
      }),
    )
    return { fleet, workers }
  }

  test('are running, and are not started again', async () => {
    const { fleet, workers } = detached()
    await fleet.world.pass(500)
    expect((await fleet.status()).map(({ state, pid }) => [state, pid])).toEqual(
      workers.map(({ pid }) => ['running', pid]),
    )
    expect((await fleet.outcomes(fleet.start)).map(({ result }) => result)).toEqual([
      'already-running',
      'already-running',
    ])
  })

  test('are stopped by whoever comes next, wherever the first is killed; each gets one TERM, or two where it died in between', {
    timeout: 60_000,
  }, async () => {
    for (let call = 1; call < 140; call++) {
      const { fleet, workers } = detached()
      await fleet.world.pass(500)
      await dies(fleet, STOPWAIT, call)
      const second = await fleet.done(STOPWAIT)
      expect(outcomesOf(second).filter(({ result }) => result === 'failed')).toEqual([])
      expect(workers.every(({ dead }) => dead)).toBe(true)
      expect(fleet.world.processes().filter(({ dead, argv }) => !dead && argv[0] === '/usr/bin/celery')).toEqual([])
      expect(fleet.world.signals.filter(({ signal }) => signal !== 'TERM')).toEqual([])
      const twice = workers.filter((one) => fleet.world.signals.filter(({ process }) => process === one).length > 1)
      expect(twice.length).toBeLessThanOrEqual(1)
      expect(fleet.files().filter((name) => !name.endsWith('.multi.json') && name !== '.multi.lock')).toEqual([])
    }
  })
})

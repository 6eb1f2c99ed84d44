import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isAlive, until } from '../rig/rig.ts'
import { type Celery, full, note, skip, withBroker } from './celery.ts'

const filesIn = ({ rig }: Celery) => [`--pidfile=${rig.run}/%n.pid`, `--logfile=${rig.logs}/%n%I.log`]
const worker = ['-A', 'tasks', '-c', '1', '--loglevel=INFO']

describe.skipIf(skip)(`a fleet that celery multi started${note}`, { concurrent: true }, () => {
  const celeryFor = withBroker()

  /** Two workers of theirs, as soon as they have written their pidfiles. */
  async function startedByThem(celery: Celery): Promise<readonly [number, number]> {
    const { code } = await celery.theirs('start', 'w1', 'w2', ...worker, ...filesIn(celery))
    expect(code).toBe(0)
    return until(() => {
      const [one, two] = celery.pids('w1', 'w2')
      return one && two ? ([one, two] as const) : undefined
    }, 'the workers to write their pidfiles')
  }

  test('is told as running, and as not ours', async (context) => {
    const celery = celeryFor(context)
    const pids = await startedByThem(celery)
    const { code, stdout } = await celery.multi('status', '--json', 'w1', 'w2', ...filesIn(celery))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      { name: full('w1'), state: 'running', pid: pids[0], note: 'not started by multi' },
      { name: full('w2'), state: 'running', pid: pids[1], note: 'not started by multi' },
    ])
    await celery.done('stopwait', 'w1', 'w2', ...filesIn(celery))
  })

  test('is stopped by stopwait, which lets its job finish', async (context) => {
    const celery = celeryFor(context)
    const pids = await startedByThem(celery)
    const effect = await celery.busy(4)
    const { stdout } = await celery.done('stopwait', 'w1', 'w2', ...filesIn(celery))
    for (const pid of pids) expect(stdout).toContain(`TERM -> ${pid}`)
    expect(existsSync(effect)).toBe(true)
    expect(celery.rig.processes()).toEqual([])
    expect(celery.pids('w1', 'w2')).toEqual([undefined, undefined])
    expect((await celery.multi('status', 'w1', 'w2', ...filesIn(celery))).code).toBe(3)
  })

  test('is taken over by restart with its options: from then on it is ours', async (context) => {
    const celery = celeryFor(context)
    const pids = await startedByThem(celery)
    const { stdout } = await celery.done('restart', 'w1', 'w2', ...worker, ...filesIn(celery))
    for (const pid of pids) expect(isAlive(pid)).toBe(false)
    expect(stdout).toMatch(/Restarting node w1@\S+: OK/)
    const rows = await celery.status()
    expect(rows.map(({ name, state, note: said }) => [name, state, said])).toEqual([
      [full('w1'), 'running', null],
      [full('w2'), 'running', null],
    ])
    expect([full('w1'), full('w2')]).toContain(await celery.server())
    await celery.done('stopwait')
  })

  test('is not started again by start, which says that it runs', async (context) => {
    const celery = celeryFor(context)
    const pids = await startedByThem(celery)
    const { stdout } = await celery.done('start', 'w1', 'w2', ...worker, ...filesIn(celery))
    for (const pid of pids) expect(stdout).toContain(`OK (already running, pid ${pid})`)
    expect(celery.pids('w1', 'w2')).toEqual(pids)
    await celery.done('stopwait', 'w1', 'w2', ...filesIn(celery))
  })

  test('is killed by kill, with its pool children', async (context) => {
    const celery = celeryFor(context)
    await startedByThem(celery)
    await celery.begin('nap', 600)
    await celery.done('kill', 'w1', 'w2', ...filesIn(celery))
    expect(celery.rig.processes()).toEqual([])
    expect(celery.pids('w1', 'w2')).toEqual([undefined, undefined])
  })

  test('starts over a pidfile that a crash left, and says so', async (context) => {
    const celery = celeryFor(context)
    const [first] = await startedByThem(celery)
    for (const { pid } of celery.rig.processes()) process.kill(pid, 'SIGKILL')
    await until(() => celery.rig.processes().length === 0, 'all to be gone')
    expect((await celery.multi('status', 'w1', 'w2', ...filesIn(celery))).code).toBe(1)
    const { stdout } = await celery.done('start', 'w1', 'w2', ...worker, ...filesIn(celery))
    expect(stdout).toMatch(new RegExp(`w1@\\S+: removed a stale pidfile: the pidfile names pid ${first}`))
    expect((await celery.status()).map(({ state }) => state)).toEqual(['running', 'running'])
    await celery.done('stopwait')
  })

  test('is not restarted without options, which nobody knows: it goes on, and this is said', async (context) => {
    const celery = celeryFor(context)
    const [first] = await startedByThem(celery)
    const { code, stdout } = await celery.multi('restart', 'w1', `--pidfile=${celery.rig.run}/%n.pid`)
    expect(code).toBe(6)
    expect(stdout).toContain('was not started by multi')
    expect(isAlive(first)).toBe(true)
    await celery.done('stopwait', 'w1', 'w2', ...filesIn(celery))
  })
})

describe.skipIf(skip)(`a fleet of ours that something else stops${note}`, { concurrent: true }, () => {
  const celeryFor = withBroker()

  test('celery multi stopwait stops it; then status says so, and a bare start brings it back', async (context) => {
    const celery = celeryFor(context)
    await celery.done('start', 'w1', 'w2', ...worker, ...filesIn(celery))
    const pids = celery.pids('w1', 'w2')
    const { code, stdout } = await celery.theirs('stopwait', 'w1', 'w2', ...filesIn(celery))
    expect(code).toBe(0)
    for (const pid of pids) expect(stdout).toMatch(new RegExp(`w\\d@\\S+: TERM -> ${pid}`))
    // Their stopwait waits for the pidfiles to go, which the workers remove a moment before they end.
    await until(() => celery.rig.processes().length === 0, 'the workers to be gone')
    const after = await celery.multi('status')
    expect(after.code).toBe(3)
    expect(after.stdout).toMatch(/w1@\S+ +stopped.*\n *w2@\S+ +stopped/)
    await celery.done('start')
    expect((await celery.status()).map(({ state }) => state)).toEqual(['running', 'running'])
    await celery.done('stopwait')
  })

  test('kill -TERM of the pidfile stops it; status tells the truth at every moment', async (context) => {
    const celery = celeryFor(context)
    await celery.done('start', 'w1', ...worker, ...filesIn(celery))
    const effect = join(celery.rig.work, 'effect')
    await celery.client.send('hold', [effect])
    await until(() => existsSync(`${effect}.begun`), 'the job to begin')
    const pidfile = join(celery.rig.run, 'w1.pid')
    const { code } = await celery.rig.program(['sh', '-c', `kill -TERM $(cat ${pidfile})`]).ended
    expect(code).toBe(0)
    // It finishes its job, and so it runs.
    expect(existsSync(effect)).toBe(false)
    expect((await celery.multi('status', 'w1')).code).toBe(0)
    writeFileSync(`${effect}.end`, '')
    await until(async () => (await celery.multi('status', 'w1')).code === 3, 'status to say that it is stopped')
    expect(existsSync(effect)).toBe(true)
    expect(celery.rig.processes()).toEqual([])
    expect((await celery.multi('stopwait', 'w1')).stdout).toMatch(/w1@\S+: DOWN/)
  })

  test('kill -HUP of the pidfile loads it anew: it serves, and it is still ours', async (context) => {
    const celery = celeryFor(context)
    await celery.done('start', 'w1', ...worker, ...filesIn(celery))
    const before = (await celery.do('where')) as [string, string]
    process.kill(Number(readFileSync(join(celery.rig.run, 'w1.pid'), 'utf8')), 'SIGHUP')
    // No task is sent meanwhile: one that Celery fetches from Redis while it goes down comes back after an hour.
    const timesReady = () => celery.rig.log('w1').split(`${full('w1')} ready.`).length - 1
    await until(() => timesReady() === 2, 'the worker to be ready once more')
    expect(((await celery.do('where')) as [string, string])[1]).not.toBe(before[1])
    await until(async () => (await celery.status('w1'))[0]?.state === 'running', 'status to say that it runs')
    await celery.done('stopwait', 'w1')
    expect(celery.rig.processes()).toEqual([])
  })
})

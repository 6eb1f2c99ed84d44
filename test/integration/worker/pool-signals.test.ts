import { chmodSync, chownSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isAlive } from '../../rig/processes.ts'
import { until, whileNothingHappens } from '../../rig/until.ts'
import { PoolRig } from './pool-rig.ts'

let rig: PoolRig
beforeEach(() => {
  rig = new PoolRig()
})
afterEach(() => rig.remove())

it('TSTP makes every child quiet, CONT makes them take jobs again', async () => {
  const host = await rig.ready(['-c', '2'])
  await rig.tell(1, 'begin')
  host.signal('SIGTSTP')
  expect(await rig.state('quiet')).toMatchObject({ active: 1 })
  await host.saysTimes('quiet: no more jobs are taken', 2)
  host.signal('SIGCONT')
  await rig.state('ready')
})

it('a child that ends while the pool is quiet comes back when it is resumed', async () => {
  const host = await rig.ready(['-c', '2'])
  const pid = rig.pid(1)
  host.signal('SIGTSTP')
  await rig.state('quiet')
  process.kill(pid, 'SIGKILL')
  await host.says('failure 1 in a row')
  // Fixed: longer than its pause, only to show that nothing is started that would take jobs.
  await whileNothingHappens(1000)
  expect(rig.pid(1)).toBe(pid)
  expect(rig.vitals()?.state).toBe('quiet')
  host.signal('SIGCONT')
  await rig.successor(1, pid)
  await rig.state('ready')
})

it('a pool whose app cannot pause is not quiet: it says so, goes on taking jobs, and replaces what ends', async () => {
  const host = await rig.ready(['-c', '1'], { POOL_LOUD: '1' })
  host.signal('SIGTSTP')
  await host.says('child 1 cannot be quiet')
  await rig.saysOfItself('that it cannot', ({ loud }) => loud === true)
  await rig.tell(1, 'jobs 1')
  expect(await rig.saysOfItself('a job', ({ done }) => done === 1)).toMatchObject({ state: 'ready' })
  const pid = rig.pid(1)
  process.kill(pid, 'SIGKILL')
  await rig.successor(1, pid)
  host.signal('SIGCONT')
  await rig.saysOfItself('nothing of it any more', ({ loud }) => loud !== true)
})

it('a pool is quiet also while a child of it is replaced and finishes its job', async () => {
  const host = await rig.ready(['-c', '2', '--max-tasks-per-child=1'])
  await rig.tell(1, 'begin', 'jobs 1')
  await host.says('child 1 is closed: it has done 1 jobs')
  host.signal('SIGTSTP')
  expect(await rig.state('quiet')).toMatchObject({ active: 1 })
  await rig.tell(1, 'end')
})

it('a job that holds the event loop of its child is heard of while it runs', async () => {
  const host = await rig.ready(['-c', '1'])
  // Right after another one: what was said of that must not delay what is said of this.
  await rig.tell(1, 'jobs 1', 'block')
  expect(await rig.saysOfItself('a job that runs', ({ active }) => active === 1)).toMatchObject({ done: 1 })
  host.signal('SIGTERM')
  rig.unblock()
  expect((await host.ended).code).toBe(0)
})

it('children that reach their limits while others still boot are replaced only when all were ready once', async () => {
  const host = rig.pool(['-c', '3', '--max-tasks-per-child=1', '--max-memory-per-child=1000'], { POOL_WORKS: '1' })
  await host.says('ready pid=')
  const before = host.output.slice(0, host.output.indexOf('ready pid='))
  expect(before).not.toContain('is closed')
  await host.says('is closed: it has done')
})

describe('a pool that closes', () => {
  it('hands a second INT on to jobs that look at it', async () => {
    const host = await rig.ready(['-c', '2'], { POOL_SOFT: '1' })
    await rig.saysOfItself('soft', ({ soft }) => soft === true)
    await rig.tell(1, 'begin')
    host.signal('SIGINT')
    await rig.gone(rig.pid(2))
    host.signal('SIGINT')
    await host.says('aborted')
    expect((await host.ended).code).toBe(0)
  })

  it('takes QUIT as an abort when its app takes one', async () => {
    const host = await rig.ready(['-c', '2'], { POOL_SOFT: '1' })
    await rig.saysOfItself('soft', ({ soft }) => soft === true)
    await rig.tell(1, 'begin')
    host.signal('SIGQUIT')
    await host.says('aborted')
    expect((await host.ended).code).toBe(0)
  })

  it('leaves at once by QUIT when it does not, with all of its children', async () => {
    const host = await rig.ready(['-c', '2'])
    const pids = [rig.pid(1), rig.pid(2)]
    await rig.tell(1, 'begin')
    host.signal('SIGQUIT')
    expect((await host.ended).code).toBe(131)
    for (const pid of pids) await rig.gone(pid)
  })

  it('finishes its jobs also when Ctrl-C reaches the whole group', async () => {
    const host = await rig.ready(['-c', '2'])
    await rig.tell(1, 'begin')
    process.kill(-host.pid, 'SIGINT')
    await rig.gone(rig.pid(2))
    expect(isAlive(rig.pid(1))).toBe(true)
    await rig.tell(1, 'end')
    expect((await host.ended).code).toBe(0)
    expect(host.output.split('closing, running jobs are waited for')).toHaveLength(4)
  })
})

it.each(['SIGHUP', 'SIGUSR1', 'SIGTSTP', 'SIGINT', 'SIGQUIT'] as const)(
  '%s to a child alone is left to its parent',
  async (signal) => {
    const host = await rig.ready(['-c', '1'])
    const child = rig.pid(1)
    process.kill(child, signal)
    await rig.tell(1, 'say still there')
    await host.says('still there')
    expect(host.output).not.toMatch(/HUP|status state|quiet|closing|leaving|in a row/)
    host.signal('SIGTERM')
    expect((await host.ended).code).toBe(0)
    expect(rig.pid(1)).toBe(child)
  },
)

it('HUP opens the logs of the pool and of its children again', async () => {
  const logs = ['w1.log', 'w1-1.log', 'w1-2.log']
  const host = rig.startLogged(
    rig.crew,
    join(rig.directory, 'w1.log'),
    ['-P', 'prefork', '-c', '2', `--logfile=${join(rig.directory, 'w1%I.log')}`],
    { POOL_DIR: rig.directory },
  )
  await rig.state('ready')
  for (const log of logs) renameSync(join(rig.directory, log), join(rig.directory, `${log}.1`))
  host.signal('SIGHUP')
  for (const log of logs) await until(() => rig.read(log).includes('opened again'), `a new ${log}`)
  await rig.tell(2, 'say to the new one')
  expect(rig.read('w1-2.log')).toContain('to the new one')
  const before = rig.pid(2)
  await rig.tell(2, 'exit 3')
  await rig.successor(2, before)
  await until(() => rig.read('w1.log').split('child 2 is ready').length === 2, 'the end of it in the new log')
  await rig.tell(2, 'say of the next')
  expect(rig.read('w1-2.log')).toContain('of the next')
})

it('USR1 lists the children, and each lists its jobs', async () => {
  const host = await rig.ready(['-c', '2'])
  await rig.tell(2, 'begin')
  await rig.saysOfItself('the job', ({ active }) => active === 1)
  host.signal('SIGUSR1')
  await host.says('running job=told')
  await host.says(`child 1 phase=ready pid=${rig.pid(1)} active=0`)
  await host.says(`child 2 phase=ready pid=${rig.pid(2)} active=1`)
  expect(host.output).toContain('status state=ready active=1')
})

it.runIf(process.getuid?.() === 0)(
  'gives its children logs that their user can write, in a directory that is not theirs',
  async () => {
    const uid = 65_534
    const own = rig.ownedBy(uid)
    chmodSync(rig.directory, 0o711)
    chownSync(rig.directory, 0, 0)
    const options = [`--pidfile=${own}/w1.pid`, `--uid=${uid}`, `--gid=${uid}`, `--logfile=${rig.directory}/w1%I.log`]
    const host = rig.pool(['-c', '2', ...options], { POOL_DIR: own, MULTI_VITALS: `${own}/vitals.json` })
    for (const child of [1, 2]) {
      await host.says(`child ${child} is ready`)
      expect(rig.read(`w1-${child}.log`)).toContain('ready')
      expect(statSync(join(rig.directory, `w1-${child}.log`)).uid).toBe(uid)
    }
    expect(host.output).not.toContain('cannot be opened')
  },
)

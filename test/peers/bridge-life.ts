import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type Rig, until, whileNothingHappens } from '../rig/rig.ts'
import { Worker } from './bridged.ts'
import { PYTHON } from './broker.ts'

export const POOLS = ['prefork', 'threads', 'solo', 'gevent'] as const

/** Why a pool cannot be had. */
export function missingPool(pool: string): string | undefined {
  if (pool !== 'gevent') return undefined
  return spawnSync(PYTHON, ['-c', 'import gevent']).status === 0 ? undefined : 'apt-get install python3-gevent'
}

const clock = (): number => Date.now()

/** From its start to its end, with one job that is still running when it is told to stop. */
export async function expectWholeLife(rig: Rig, url: string, pool: string): Promise<void> {
  const worker = new Worker(rig, url, { pool, boots: 'held' })
  expect(await worker.is('booting')).toMatchObject({ pid: worker.pid, active: 0, oldestStartedAt: null })
  worker.goOn()
  expect(await worker.is('ready')).toMatchObject({ pid: worker.pid, active: 0, done: 0, queues: [worker.queue] })

  const sentAt = clock()
  const job = await worker.job()
  const busy = await worker.says(({ active }) => active === 1, 'one job')
  expect(busy).toMatchObject({ pid: worker.pid, state: 'ready', done: 0, reserved: 0 })
  // Celery counts from the moment when the pool took it, in seconds with a fraction.
  expect(busy.oldestStartedAt).toBeGreaterThan(sentAt - 1000)
  expect(busy.oldestStartedAt).toBeLessThanOrEqual(busy.updatedAt + 1000)

  worker.running.kill('SIGTERM')
  expect(await worker.is('draining')).toMatchObject({ active: 1, oldestStartedAt: busy.oldestStartedAt })
  expect(job.isDone()).toBe(false)
  job.end()
  const { code } = await worker.running.ended
  expect(code).toBe(0)
  expect(job.isDone()).toBe(true)
  expect(worker.vitals()).toMatchObject({
    pid: worker.pid,
    state: 'gone',
    active: 0,
    reserved: 0,
    done: 1,
    exit: { code: 0, reason: 'SIGTERM (warm)' },
  })
  expect(worker.output).not.toMatch(/multi_bridge|Traceback|Exception/)
}

/** Wished to be quiet in the middle of a job, told to take jobs again, and wished once more. */
export async function expectHeedsWishes(rig: Rig, url: string, pool: string): Promise<void> {
  const worker = new Worker(rig, url, { pool })
  expect(await worker.is('ready')).toMatchObject({ heeds: ['quiet', 'resume'] })
  const job = await worker.job()
  worker.wish('quiet')
  // A worker of the pool solo does nothing else while a job runs, so it cannot leave its queue then.
  if (pool !== 'solo') expect(await worker.is('quiet')).toMatchObject({ active: 1, queues: [] })
  job.end()
  expect(await worker.says(({ done }) => done === 1, 'one done')).toMatchObject({ active: 0, reserved: 0 })
  expect(await worker.is('quiet')).toMatchObject({ queues: [], home: [worker.queue] })
  expect(worker.isWished()).toBe(false)

  const isBegun = await worker.sent('later')
  await whileNothingHappens(1500)
  expect(isBegun()).toBe(false)
  worker.wish('resume')
  await until(isBegun, 'the job to begin that was sent meanwhile')
  expect(await worker.is('ready')).toMatchObject({ heeds: ['quiet', 'resume'], queues: [worker.queue] })
  worker.wish('quiet')
  await worker.is('quiet')
  await worker.stop()
  expect(worker.vitals()).toMatchObject({ state: 'gone', active: 0, done: 2 })
  expect(worker.output).not.toMatch(/multi_bridge|Traceback|Exception/)
}

/** Kernel threads of a process. */
export const threadsOf = (pid: number): number =>
  Number(/^Threads:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

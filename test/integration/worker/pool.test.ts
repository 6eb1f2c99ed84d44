import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { end, isAlive, processOf } from '../../rig/processes.ts'
import { until, whileNothingHappens } from '../../rig/until.ts'
import { PoolRig } from './pool-rig.ts'

let rig: PoolRig
beforeEach(() => {
  rig = new PoolRig()
})
afterEach(() => rig.remove())

describe('-P prefork', () => {
  it('runs the app in -c children of one group, each with one job at a time, an index and a log of its own', async () => {
    const host = await rig.ready(['-c', '3', `--logfile=${join(rig.directory, 'w1%I.log')}`])
    for (const child of [1, 2, 3]) {
      expect(rig.facts(child)).toEqual({
        pid: expect.any(Number),
        concurrency: 1,
        pool: 'prefork',
        MULTI_INDEX: String(child),
        MULTI_NODE_INDEX: '7',
      })
      expect(processOf(rig.pid(child))).toMatchObject({ ppid: host.pid, pgrp: host.pid })
      await rig.tell(child, `say hello of ${child}`)
      expect(rig.read(`w1-${child}.log`)).toContain(`hello of ${child}\n`)
    }
    host.signal('SIGTERM')
    expect((await host.ended).code).toBe(0)
    expect(host.output).not.toContain('hello')
  })

  it('is one worker in its vitals: the jobs of all children', async () => {
    const host = await rig.ready(['-c', '2'])
    await rig.tell(1, 'begin', 'jobs 2')
    await rig.tell(2, 'begin', 'jobs 1')
    expect(await rig.saysOfItself('all jobs', ({ active, done }) => active === 2 && done === 3)).toMatchObject({
      pid: host.pid,
      state: 'ready',
      oldestStartedAt: expect.any(Number),
    })
    await rig.tell(1, 'end')
    await rig.tell(2, 'end')
    await rig.saysOfItself(
      'none',
      ({ active, done, oldestStartedAt }) => active + (oldestStartedAt ?? 0) === 0 && done === 5,
    )
  })

  it('is ready when every child is', async () => {
    const app = rig.app(
      'one-late.mjs',
      `import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
      export default async ({ child }) => {
        while (child === 2 && !existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 5))
      }`,
    )
    const host = rig.start(app, ['-P', 'prefork', '-c', '2'])
    await host.says('child 1 is ready')
    await rig.state('booting')
    expect(existsSync(rig.pidfile)).toBe(false)
    rig.app('go', '')
    await rig.state('ready')
    expect(existsSync(rig.pidfile)).toBe(true)
  })

  it('ends with the exit code and the words of an app that cannot be started, as without a pool', async () => {
    const host = rig.start(rig.app('throws.mjs', `throw new Error('boom')`), ['-P', 'prefork', '-c', '2'])
    expect((await host.ended).code).toBe(1)
    expect(host.output).toContain('ended with exit code 1: ')
    expect(host.output).toContain('could not be started: boom, and was never ready')
    expect(existsSync(rig.pidfile)).toBe(false)
    expect(rig.vitals()).toMatchObject({ state: 'gone', exit: { code: 1, reason: expect.stringContaining('boom') } })
  })
})

describe('a child that ends by itself is started again, and the others go on', () => {
  it.each([
    ['throw', 'ended with exit code 70: uncaught exception: told to throw', 70],
    ['reject', 'ended with exit code 70: unhandled rejection: told to reject', 70],
    ['exit 3', 'ended with exit code 3', 3],
    ['exit 0', 'ended with exit code 0', 0],
  ])('by %s, which the log and the vitals say', async (order, words, code) => {
    const host = await rig.ready(['-c', '2'])
    const [first, second] = [rig.pid(1), rig.pid(2)]
    await rig.tell(1, 'jobs 4')
    await rig.saysOfItself('its jobs', ({ done }) => done === 4)
    await rig.tell(1, order)
    const trouble = await rig.saysOfItself('the trouble', ({ exit }) => exit !== undefined)
    expect(trouble).toMatchObject({ state: 'ready', exit: { code, reason: expect.stringContaining(words) } })
    await rig.successor(1, first)
    expect(await rig.saysOfItself('no trouble', ({ exit }) => exit === undefined)).toMatchObject({ done: 4 })
    expect(host.output).toContain(words)
    expect(host.output).toMatch(/starting it again in \d\.\d s, failure 1 in a row/)
    expect(rig.pid(2)).toBe(second)
    expect(isAlive(second)).toBe(true)
  })

  it('by KILL, again and again, with pauses that are counted', async () => {
    const host = await rig.ready(['-c', '2'])
    for (const failure of [1, 2, 3]) {
      const pid = rig.pid(2)
      process.kill(pid, 'SIGKILL')
      await host.says(`child 2 was ended by SIGKILL; starting it again`)
      await host.says(`failure ${failure} in a row`)
      await rig.successor(2, pid)
      await host.saysTimes('child 2 is ready', failure + 1)
    }
    expect(host.output).not.toContain('child 1 was ended')
  })

  it('and while none is left the worker is not ready', async () => {
    await rig.ready(['-c', '1'])
    // Each pause is longer than the one before: sooner or later vitals are written in one.
    const first = rig.pid(1)
    await until(() => {
      const one = processOf(rig.pid(1))
      if (one) end(one)
      return rig.vitals()?.state === 'booting'
    }, 'a pool without children')
    await rig.successor(1, first)
    expect(await rig.state('ready')).toMatchObject({ active: 0 })
  })
})

describe('a pool that is stopped', () => {
  it('waits for the jobs of its children, signals none of them, and shows what is left', async () => {
    const host = await rig.ready(['-c', '2'])
    await rig.tell(1, 'begin')
    host.signal('SIGTERM')
    await rig.gone(rig.pid(2))
    expect(await rig.state('draining')).toMatchObject({ active: 1 })
    host.signal('SIGTERM')
    await rig.tell(1, 'end', 'say still here')
    expect((await host.ended).code).toBe(0)
    expect(host.output).toContain('still here')
    expect(host.output).not.toContain('got TERM')
    expect(rig.vitals()).toMatchObject({ state: 'gone', active: 0, done: 1, exit: { code: 0 } })
  })

  it.skipIf(spawnSync('prlimit', ['--version']).error)('also when a child has no descriptor left', async () => {
    const host = await rig.ready(['-c', '2'])
    expect(spawnSync('prlimit', [`--pid=${rig.pid(1)}`, '--nofile=64:64']).status).toBe(0)
    await rig.tell(1, 'hoard', 'jobs 3')
    expect(await rig.saysOfItself('three jobs', ({ done }) => done === 3)).toMatchObject({ active: 0 })
    host.signal('SIGTERM')
    expect((await host.ended).code).toBe(0)
  })

  it('does not start a child again that crashes meanwhile, and says that with exit code 1', async () => {
    const host = await rig.ready(['-c', '2'])
    await rig.tell(1, 'begin')
    host.signal('SIGTERM')
    await rig.gone(rig.pid(2))
    await rig.tell(1, 'throw')
    expect((await host.ended).code).toBe(1)
    expect(host.output).toContain(
      'child 1 ended with exit code 70: uncaught exception: told to throw, while it was closed',
    )
    expect(host.output).not.toContain('starting it again')
  })
})

it('children whose parent was killed finish their jobs, and go by themselves', async () => {
  const host = await rig.ready(['-c', '2'])
  const [busy, idle] = [rig.pid(1), rig.pid(2)]
  await rig.tell(1, 'begin')
  host.signal('SIGKILL')
  await rig.gone(idle)
  // Fixed: only to show that it does not go while its job runs.
  await whileNothingHappens()
  expect(isAlive(busy)).toBe(true)
  await rig.tell(1, 'end')
  await rig.gone(busy)
})

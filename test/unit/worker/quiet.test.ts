import { beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../../src/worker/log.ts'
import { Quieting } from '../../../src/worker/quiet.ts'
import { whileNothingHappens } from '../../rig/until.ts'

let said: string[]
let calls: string[]
let quieting: Quieting

const log: Log = {
  debug: () => {},
  info: (text) => void said.push(text),
  warn: (text) => void said.push(text),
  error: (text) => void said.push(text),
}
const pausable = (name: string) => ({
  close() {},
  pause: (now: boolean) => void calls.push(`pause ${name} ${now}`),
  resume: () => void calls.push(`resume ${name}`),
})
const mute = { close() {} }

beforeEach(() => {
  said = []
  calls = []
  quieting = new Quieting(log, () => void calls.push('changed'))
})

describe('it is quiet', () => {
  it('when all parts are paused, without waiting for their jobs', async () => {
    await quieting.use([pausable('a'), pausable('b')])
    expect(await quieting.want(true)).toBe(true)
    expect(quieting.held).toBe(true)
    expect(calls).toEqual(['pause a true', 'pause b true', 'changed'])
    expect(await quieting.want(false)).toBe(true)
    expect(quieting.held).toBe(false)
    expect(calls.slice(3)).toEqual(['resume a', 'resume b', 'changed'])
  })

  it('when the app itself sees to it, and not before it has', async () => {
    let settle: () => void = () => {}
    quieting.onQuiet(() => new Promise<void>((resolve) => (settle = resolve)))
    await quieting.use([mute])
    const told = quieting.want(true)
    await Promise.resolve()
    expect(quieting.held).toBe(false)
    settle()
    expect(await told).toBe(true)
    expect(quieting.held).toBe(true)
  })

  it('when a BullMQ worker no longer waits for the one job that it would still take', async () => {
    const worker: Record<string, unknown> & { close(): void } = {
      ...pausable('bull'),
      on() {},
      isRunning: () => true,
      name: 'images',
      opts: {},
      waiting: Promise.resolve(),
    }
    await quieting.use([worker])
    const told = quieting.want(true)
    await whileNothingHappens(60)
    expect(quieting.held).toBe(false)
    worker['waiting'] = null
    expect(await told).toBe(true)
    // And it can be called off meanwhile.
    await quieting.want(false)
    worker['waiting'] = Promise.resolve()
    const again = quieting.want(true)
    await quieting.want(false)
    expect(await again).toBe(false)
    expect(quieting.held).toBe(false)
  })

  it('when it is ready, if it was asked while it loaded', async () => {
    expect(await quieting.want(true)).toBe(true)
    expect(calls).toEqual([])
    await quieting.use([pausable('a')])
    expect(quieting.held).toBe(true)
  })

  it('whatever BullMQ has besides workers: what takes no jobs is not asked, and a Queue would be paused for everybody', async () => {
    const queue = { ...pausable('queue'), addBulk() {}, waitUntilReady() {} }
    const events = { close() {}, waitUntilReady() {} }
    await quieting.use([pausable('worker'), queue, events])
    expect(await quieting.want(true)).toBe(true)
    expect(await quieting.want(false)).toBe(true)
    expect(calls.filter((call) => call !== 'changed')).toEqual(['pause worker true', 'resume worker'])
  })

  it('no longer when a BullMQ worker is asked until it is', async () => {
    let paused = true
    let times = 0
    const worker = {
      ...pausable('bull'),
      resume: () => void (paused = ++times < 3),
      isPaused: () => paused,
      on() {},
      isRunning: () => true,
      name: 'images',
      opts: {},
    }
    await quieting.use([worker])
    await quieting.want(true)
    expect(await quieting.want(false)).toBe(true)
    expect(times).toBe(3)
    expect(quieting.held).toBe(false)
  })

  it('once: asking again changes nothing', async () => {
    await quieting.use([pausable('a')])
    await Promise.all([quieting.want(true), quieting.want(true)])
    expect(calls).toEqual(['pause a true', 'changed'])
  })
})

describe('it is not quiet, and says so', () => {
  it('when a part cannot pause; what was paused can be resumed', async () => {
    await quieting.use([pausable('a'), mute])
    expect(await quieting.want(true)).toBe(false)
    expect(quieting.held).toBe(false)
    expect(said[0]).toContain('1 of 2 parts cannot pause')
    await quieting.want(false)
    expect(calls).toContain('resume a')
  })

  it('and then takes jobs with all of its parts again', async () => {
    await quieting.use([pausable('a'), mute])
    expect(await quieting.want(true)).toBe(false)
    expect(calls).toEqual(['pause a true', 'changed', 'resume a', 'changed', 'changed'])
    expect(quieting.loud).toBe(true)
  })

  it('when nothing can', async () => {
    await quieting.use([])
    expect(await quieting.want(true)).toBe(false)
    expect(said[0]).toContain('nothing of this app can pause')
  })

  it('when a pause fails', async () => {
    const failing = { ...pausable('a'), pause: () => Promise.reject(new Error('no broker')) }
    await quieting.use([failing])
    expect(await quieting.want(true)).toBe(false)
    expect(said[0]).toContain('no broker')
  })

  it('until it is asked again, or to take jobs', async () => {
    let fails = true
    let settle: () => void = () => {}
    const moody = {
      ...pausable('a'),
      pause: () => (fails ? Promise.reject(new Error('no')) : new Promise<void>((resolve) => (settle = resolve))),
    }
    await quieting.use([moody])
    expect(quieting.loud).toBe(false)
    await quieting.want(true)
    expect(quieting.loud).toBe(true)
    fails = false
    const again = quieting.want(true)
    await Promise.resolve()
    expect(quieting.loud).toBe(false)
    settle()
    expect(await again).toBe(true)
    fails = true
    await quieting.want(false)
    await quieting.want(true)
    expect(quieting.loud).toBe(true)
    await quieting.want(false)
    expect(quieting.loud).toBe(false)
  })

  it('but not when it was called off before the pause failed', async () => {
    let fail: () => void = () => {}
    const slow = {
      ...pausable('a'),
      pause: () => new Promise<void>((_, reject) => (fail = () => reject(new Error('no')))),
    }
    await quieting.use([slow])
    const asked = [quieting.want(true), quieting.want(false)]
    await Promise.resolve()
    fail()
    await Promise.all(asked)
    expect(quieting.loud).toBe(false)
  })
})

it('who is stopped while a pause fails, or a resume waits for its turn, takes nothing up again', async () => {
  let isStopping = false
  let fail: () => void = () => {}
  const stopped = new Quieting(
    log,
    () => {},
    () => isStopping,
  )
  stopped.onResume(() => void calls.push('resumed'))
  const slow = {
    ...pausable('a'),
    pause: () => new Promise<void>((_, reject) => (fail = () => reject(new Error('no')))),
  }
  await stopped.use([slow])
  const asked = stopped.want(true)
  await Promise.resolve()
  isStopping = true
  fail()
  await asked
  await stopped.want(false)
  expect(calls).toEqual([])
})

it('what could be resumed only in part is neither quiet nor as it was told, and can be quiet again', async () => {
  let fails = true
  const moody = { ...pausable('b'), resume: () => (fails ? Promise.reject(new Error('no broker')) : undefined) }
  await quieting.use([pausable('a'), moody])
  await quieting.want(true)
  expect(await quieting.want(false)).toBe(true)
  expect([quieting.held, quieting.loud]).toEqual([false, true])
  calls = []
  expect(await quieting.want(true)).toBe(true)
  expect([quieting.held, quieting.loud]).toEqual([true, false])
  expect(calls).toContain('pause a true')
  fails = false
  await quieting.want(false)
  expect([quieting.held, quieting.loud]).toEqual([false, false])
})

it('the last word counts, however long a pause takes', async () => {
  let settle: () => void = () => {}
  const slow = { ...pausable('a'), pause: () => new Promise<void>((resolve) => (settle = resolve)) }
  await quieting.use([slow])
  const asked = [quieting.want(true), quieting.want(false)]
  await Promise.resolve()
  settle()
  await Promise.all(asked)
  expect(quieting.held).toBe(false)
})

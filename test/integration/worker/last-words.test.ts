import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Log } from '../../../src/worker/log.ts'
import { VitalsFile } from '../../../src/worker/vitals.ts'

/** What one write asks of the thread pool, in this order. Whichever is under way when the process ends, is done or not. */
const CALLS = ['unlink', 'open', 'write', 'close', 'rename'] as const
type Call = (typeof CALLS)[number]

/** The thread pool of a process that ends: one call is under way, and the kernel does it when it likes. */
const pool = vi.hoisted(() => ({
  stopsAt: '' as string,
  underWay: undefined as (() => void) | undefined,
  stopped: () => {},
  /** Before the how many-th of the calls that the process makes at its end. */
  moment: Number.POSITIVE_INFINITY,
  made: 0,
}))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const counted = (name: 'closeSync' | 'openSync' | 'renameSync' | 'unlinkSync' | 'writeFileSync') => {
    const real = fs[name] as (...given: unknown[]) => unknown
    return (...given: unknown[]) => {
      if (pool.made++ === pool.moment) pool.underWay?.()
      return real(...given)
    }
  }
  return {
    ...fs,
    closeSync: counted('closeSync'),
    openSync: counted('openSync'),
    renameSync: counted('renameSync'),
    unlinkSync: counted('unlinkSync'),
    writeFileSync: counted('writeFileSync'),
  }
})

vi.mock('node:fs/promises', async () => {
  const fs = await vi.importActual<typeof import('node:fs')>('node:fs')
  /** Nobody is told how the call under way went: the process is over. */
  const asked = <Result>(call: Call, real: () => Result): Promise<Result> => {
    if (call !== pool.stopsAt) return new Promise((resolve) => resolve(real()))
    pool.underWay = () => {
      try {
        real()
      } catch {
        // As the kernel says, to nobody.
      }
    }
    pool.stopped()
    return new Promise(() => {})
  }
  const file = (fd: number) => ({
    writeFile: (text: string) => asked('write', () => fs.writeFileSync(fd, text)),
    close: () => asked('close', () => fs.closeSync(fd)),
  })
  return {
    unlink: (path: string) => asked('unlink', () => fs.unlinkSync(path)),
    open: (path: string, flags: number, mode: number) => asked('open', () => file(fs.openSync(path, flags, mode))),
    rename: (from: string, to: string) => asked('rename', () => fs.renameSync(from, to)),
  }
})

let directory: string
let path: string
const said: string[] = []
const log = { warn: (text: string) => void said.push(text) } as unknown as Log

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multi-last-words-'))
  path = join(directory, 'w1.json')
  said.length = 0
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Ends a worker whose write has got as far as `call`, which is done before the `moment`-th call of the end. */
async function endDuring(call: Call, moment: number): Promise<{ made: number }> {
  const stopped = new Promise<void>((resolve) => Object.assign(pool, { stopped: resolve }))
  Object.assign(pool, { stopsAt: call, moment: Number.POSITIVE_INFINITY, underWay: undefined })
  const sample = { state: 'ready', active: 0, reserved: 0, done: 0, oldestStartedAt: null } as const
  const vitals = new VitalsFile(path, () => sample, log)
  vitals.changed()
  await stopped
  Object.assign(pool, { moment, made: 0 })
  vitals.gone({ code: 131, reason: 'QUIT: left at once' })
  const { made } = pool
  // Whoever was not asked before is done when all is over, or never.
  if (moment >= made) pool.underWay?.()
  return { made }
}

const MOST_CALLS = 12

it.each(CALLS)('the last words stand, whenever the %s that is under way is done', async (call) => {
  for (let moment = 0; moment <= MOST_CALLS; moment += 1) {
    const { made } = await endDuring(call, moment)
    expect(made).toBeLessThan(MOST_CALLS)
    expect(JSON.parse(readFileSync(path, 'utf8')), `before call ${moment}`).toMatchObject({ state: 'gone' })
    // An open that comes after everything is the one thing that nobody can clear away any more.
    const left = call === 'open' && moment >= made ? ['w1.json.tmp'] : []
    expect(readdirSync(directory)).toEqual(['w1.json', ...left])
    for (const name of readdirSync(directory)) rmSync(join(directory, name))
  }
  expect(said).toEqual([])
})

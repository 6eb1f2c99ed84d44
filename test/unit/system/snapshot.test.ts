import { beforeEach, describe, expect, test, vi } from 'vitest'
import { shortageOf } from '../../../src/system/fault.ts'
import { snapshot } from '../../../src/system/snapshot.ts'

/** A /proc that changes between two reads of it, which the real one does only when it likes. */
const proc = vi.hoisted(() => ({ list: (): number[] => [], lives: (_pid: number): boolean => false, last: (): number => 0 }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  const gone = (path: string): Error => Object.assign(new Error(path), { code: 'ENOENT' })
  const read = (path: string): string => {
    if (path === '/proc/loadavg') return `0.00 0.00 0.00 1/2 ${proc.last()}\n`
    const [, pid = '', file] = /^\/proc\/(\d+)\/(stat|status)$/.exec(path) ?? []
    if (!proc.lives(Number(pid))) throw gone(path)
    if (file === 'status') return `Name:\tx\nTgid:\t${pid}\n`
    return `${pid} (x) S 1 77 77 ${'0 '.repeat(13)}1 0 4711 0`
  }
  return { ...real, readdirSync: () => ['self', ...proc.list().map(String)], readFileSync: read }
})

/** Numbers that no process of this machine has, so that kill(2) knows nobody either. */
const FIRST = 5_000_000

const pids = (): number[] =>
  snapshot()
    .map(({ pid }) => pid - FIRST)
    .sort((a, b) => a - b)

describe('who hands on to another while /proc is read is found', () => {
  let alive: Set<number>
  beforeEach(() => {
    alive = new Set([1, 590])
    proc.list = () => [...alive].map((pid) => FIRST + pid)
    proc.lives = (pid) => alive.has(pid - FIRST)
  })

  test('when it was born after the list was read', () => {
    let reads = 0
    proc.last = () => FIRST + (++reads === 1 ? 590 : 591)
    proc.lives = (pid) => {
      if (pid === FIRST + 590 && alive.delete(590)) alive.add(591)
      return alive.has(pid - FIRST)
    }
    expect(pids()).toEqual([1, 591])
  })

  test('when pids have come to the end of their circle meanwhile, and others were born since', () => {
    let reads = 0
    proc.last = () => FIRST + (++reads === 1 ? 590 : 340)
    proc.lives = (pid) => {
      if (pid === FIRST + 590 && alive.delete(590)) alive.add(305)
      return alive.has(pid - FIRST)
    }
    expect(pids()).toEqual([1, 305])
  })
})

test('a machine that forks faster than it can be looked at: no half a look, but an error that says to try again', () => {
  let last = FIRST
  proc.list = () => [FIRST + 1]
  proc.lives = () => false
  proc.last = () => (last += 1000)
  let error: unknown
  try {
    snapshot()
  } catch (thrown) {
    error = thrown
  }
  expect(shortageOf(error)).toEqual({ code: 'EAGAIN', call: 'list', path: '/proc' })
})

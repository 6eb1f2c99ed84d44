import { expect, test } from 'vitest'
import { shortageOf } from '../../../src/system/fault.ts'
import { type Proc, snapshot } from '../../../src/system/snapshot.ts'

/** A /proc in which `from` hands on to `to`, born as well, when it is looked at; `lasts`: the last pid, each time it is asked for. */
function handingOn(from: number, to: number, lasts: readonly number[]): Proc {
  const alive = new Set([1, from])
  let asked = 0
  const lives = (pid: number): boolean => {
    if (pid === from && alive.delete(from)) alive.add(to)
    return alive.has(pid)
  }
  return {
    listed: () => [...alive],
    last: () => lasts[Math.min(asked++, lasts.length - 1)] ?? 0,
    isProcess: lives,
    read: (pid) =>
      lives(pid)
        ? {
            found: 'process',
            facts: { pid, state: 'S', ppid: 1, pgrp: from, session: from, threads: 1, startTicks: 4711 },
          }
        : { found: 'nothing' },
  }
}

const pidsOf = (proc: Proc): number[] => snapshot(proc).map(({ pid }) => pid)

test('who is born after the list was read is looked at as well', () => {
  expect(pidsOf(handingOn(590, 591, [590, 591]))).toEqual([1, 591])
})

test('when pids have come to the end of their circle meanwhile, all are looked at anew', () => {
  expect(pidsOf(handingOn(590, 305, [590, 340]))).toEqual([1, 305])
})

test('a machine that forks faster than it can be looked at: no half a look, but an error that says to try again', () => {
  let last = 0
  const restless: Proc = {
    listed: () => [1],
    last: () => (last += 1000),
    isProcess: () => false,
    read: () => ({ found: 'nothing' }),
  }
  let error: unknown
  try {
    snapshot(restless)
  } catch (thrown) {
    error = thrown
  }
  expect(shortageOf(error)).toEqual({ code: 'EAGAIN', call: 'list', path: '/proc' })
})

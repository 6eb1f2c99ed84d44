import { describe, expect, it } from 'vitest'
import type { FleetEvent, Waiting } from '../../../src/model/events.ts'
import { wantsColor, wantsLive } from '../../../src/report/ansi.ts'
import { type TextOptions, textReporter } from '../../../src/report/text.ts'
import { ESC, quote, w1, w2, written } from './fixtures.ts'

const one: Waiting = { target: w1, pid: 12, sinceMs: 190_000 }
const two: Waiting = { target: w2, pid: 13, sinceMs: 400, detail: 'suspended' }
const waiting = (nodes: readonly Waiting[], goal: 'ready' | 'stopped' = 'stopped'): FleetEvent => ({
  event: 'waiting',
  for: goal,
  nodes,
})

/** A reporter with a clock that stands until it is told. */
function rig(options: Partial<TextOptions> = {}) {
  const { streams, out, err } = written()
  const clock = { ms: 1000 }
  const reporter = textReporter({
    out,
    err,
    verb: 'stopwait',
    version: '0',
    nosplash: true,
    now: () => clock.ms,
    quote,
    ...options,
  })
  const said = (): string => {
    const text = streams.stdout
    streams.stdout = ''
    return text
  }
  return { reporter, clock, said }
}

describe('where lines stay', () => {
  it('says at once who is waited for, and again when that changed some seconds later', () => {
    const { reporter, clock, said } = rig()
    reporter.emit(waiting([one, two]))
    expect(said()).toBe('> Waiting for 2 nodes -> 12, 13 (suspended)...\n')
    clock.ms += 4000
    reporter.emit(waiting([one]))
    expect(said()).toBe('')
    clock.ms += 1000
    reporter.emit(waiting([one]))
    reporter.emit(waiting([one]))
    expect(said()).toBe('> Waiting for 1 node -> 12...\n')
    clock.ms += 3_600_000
    reporter.emit(waiting([one]))
    reporter.emit(waiting([]))
    reporter.end()
    expect(said()).toBe('')
  })

  it('says of a start only that it takes long', () => {
    const { reporter, clock, said } = rig({ verb: 'start' })
    reporter.emit(waiting([{ target: w1, sinceMs: 0 }], 'ready'))
    expect(said()).toBe('')
    clock.ms += 5000
    reporter.emit(waiting([{ target: w1, sinceMs: 5000 }], 'ready'))
    expect(said()).toBe('> Waiting for 1 node to be ready -> w1@host...\n')
  })
})

describe('on a terminal', () => {
  const live = (columns: number | undefined): Partial<TextOptions> => ({ live: { columns: () => columns } })
  const erased = `\r${ESC}[K`

  it('redraws one line, at most every 100 ms, and erases it before any other', () => {
    const { reporter, clock, said } = rig(live(200))
    reporter.emit({ event: 'stopping', count: 10 })
    expect(said()).toBe('> Stopping nodes...\n')
    reporter.emit(waiting([one, two]))
    expect(said()).toBe(`\rwaiting for 2 of 10 nodes: w1 (pid 12, 3m10s), w2 (pid 13, 0.4 s, suspended)${ESC}[K`)
    clock.ms += 99
    reporter.emit(waiting([one]))
    expect(said()).toBe('')
    clock.ms += 1
    reporter.emit(waiting([one]))
    expect(said()).toBe(`\rwaiting for 1 of 10 nodes: w1 (pid 12, 3m10s)${ESC}[K`)
    reporter.emit({ event: 'outcome', outcome: { target: w1, ms: 1, result: 'already-down' } })
    expect(said()).toBe(`${erased}> w1@host: DOWN\n`)
    reporter.end()
    expect(said()).toBe('')
  })

  it('leaves nothing behind at the end', () => {
    const { reporter, said } = rig(live(80))
    reporter.emit(waiting([one], 'ready'))
    expect(said()).toBe(`\rwaiting for 1 node to be ready: w1 (pid 12, 3m10s)${ESC}[K`)
    reporter.end()
    expect(said()).toBe(erased)
  })

  it.each([undefined, 0])('takes 80 columns where the size is %s', (columns) => {
    const { reporter, said } = rig(live(columns))
    reporter.emit(waiting([one, two, one, two]))
    expect(said().length).toBe(`\r${ESC}[K`.length + 79)
  })

  it.each([
    [40, 'waiting for 2 nodes: w1 (pid 12, 3m10s…'],
    [12, 'waiting fo…'],
    [1, ''],
  ])('fits %i columns and leaves the last one free', (columns, text) => {
    const { reporter, said } = rig(live(columns))
    reporter.emit(waiting([one, two]))
    expect(said()).toBe(`\r${text}${ESC}[K`)
    expect(text.length).toBeLessThan(columns)
  })
})

it.each([
  [{ isTTY: true, env: {} }, true, true],
  [{ isTTY: true, env: { NO_COLOR: '1' } }, false, true],
  [{ isTTY: true, env: { NO_COLOR: '' } }, true, true],
  [{ isTTY: true, env: { TERM: 'dumb' } }, false, false],
  [{ isTTY: false, env: { TERM: 'xterm' } }, false, false],
])('%o: colour %s, live line %s', (terminal, color, live) => {
  expect([wantsColor(terminal), wantsLive(terminal)]).toEqual([color, live])
})

import { describe, expect, test } from 'vitest'
import type { Found } from '../../../bench/measure.ts'
import type { Peer } from '../../../bench/peer.ts'
import { Results } from '../../../bench/results.ts'
import { spread, summary, times } from '../../../bench/table.ts'

const peer = (name: string, more: Partial<Peer> = {}): Peer => ({
  name,
  version: '1.0',
  stays: '',
  cold: { command: [name], says: '--version' },
  notes: {},
  prepare: () => ({ start: [name], stop: [name] }),
  ...more,
})

const OURS: Found = { alive: 100, returned: 120, stopped: 50, status: 40, cpu: 0.2, memory: 0, cold: 30 }

function tableOf(...found: [Peer, ...Found[]][]): string[] {
  const results = new Results()
  for (const [of, ...rounds] of found) for (const round of rounds) results.add(of, 10, round)
  return summary(
    found.map(([of]) => of),
    results,
    ['A machine.'],
  ).split('\n')
}

const rowOf = (lines: readonly string[], begin: string): string[] => {
  const line = lines.find((text) => text.startsWith(`| ${begin} |`)) ?? ''
  return line
    .split('|')
    .map((cell) => cell.trim())
    .slice(1, -1)
}

describe('the table of the benchmark', () => {
  test('has ours without ratios, and of others how many times as much it is', () => {
    const lines = tableOf(
      [peer('multi'), OURS],
      [peer('other'), { ...OURS, alive: 250, cpu: 0.1, memory: 12.34, cold: 90 }],
    )
    expect(rowOf(lines, 'multi | 10')).toEqual([
      'multi',
      '10',
      '100',
      '120',
      '–',
      '–',
      '50.0',
      '40.0',
      '0.20',
      '0',
      '1',
    ])
    const other = ['250 (2.50×)', '120 (1.00×)', '–', '–', '50.0 (1.00×)', '40.0 (1.00×)', '0.10 (0.50×)', '12.3', '1']
    expect(rowOf(lines, 'other | 10')).toEqual(['other', '10', ...other])
    expect(rowOf(lines, 'other | 1.0')).toEqual(['other', '1.0', 'none', '`--version`', '90.0 (3.00×)'])
  })

  test('compares a start with the daemon up with ours from nothing', () => {
    const lines = tableOf([peer('multi'), OURS], [peer('d'), { ...OURS, warmAlive: 50, warmReturned: 60 }])
    expect(rowOf(lines, 'd | 10').slice(4, 6)).toEqual(['50.0 (0.50×)', '60.0 (0.50×)'])
  })

  test('takes the median of the rounds, of CPU the mean, and says how many there were', () => {
    const rounds = [1, 2, 9].map((factor) => ({ ...OURS, alive: 100 * factor, cpu: 0.1 * factor }))
    const cells = rowOf(tableOf([peer('multi'), ...rounds]), 'multi | 10')
    expect([cells[2], cells[8], cells[10]]).toEqual(['200', '0.40', '3'])
  })

  test('has a dash and a note for what somebody cannot do; the same note has one number', () => {
    const { status: _, ...rest } = OURS
    const [cannot, slow] = ['It has no status.', 'It sleeps.']
    const lines = tableOf(
      [peer('multi'), OURS],
      [peer('b', { notes: { status: cannot } }), rest],
      [peer('c', { notes: { status: cannot, stopped: slow } }), rest],
    )
    expect(rowOf(lines, 'b | 10')[7]).toBe('–<sup>1</sup>')
    expect(rowOf(lines, 'c | 10').slice(6, 8)).toEqual(['50.0 (1.00×)<sup>2</sup>', '–<sup>1</sup>'])
    expect(lines.slice(-2)).toEqual([`1. ${cannot}`, `2. ${slow}`])
  })

  test('shows nothing of somebody who has failed once', () => {
    const results = new Results()
    const [ours, bad] = [peer('multi'), peer('bad')]
    for (const of of [ours, bad]) results.add(of, 10, OURS)
    results.line(bad, 10).failed = true
    const lines = summary([ours, bad], results, []).split('\n')
    expect(new Set(rowOf(lines, 'bad | 10').slice(2, 10))).toEqual(new Set(['–<sup>1</sup>']))
    expect(lines.at(-1)).toMatch(/^1\. It did not get through/)
    expect(spread(results)).not.toContain('bad')
  })

  test('says how many times the floors ours costs', () => {
    const floor = { ...OURS, returned: 60, stopped: 25, status: 20, cpu: 0.05 }
    const lines = tableOf([peer('multi'), OURS], [peer('bare Node'), floor])
    expect(rowOf(lines, '10')).toEqual(['10', '2.00×', '2.00×', '2.00×', '4.00×'])
    expect(lines[0]).toBe('A machine.')
  })

  test('gives ratios with the digits that mean something', () => {
    expect([0.061, 1.4, 24.52, 130.4].map((ratio) => times(ratio))).toEqual(['0.06×', '1.40×', '24.5×', '130×'])
  })
})

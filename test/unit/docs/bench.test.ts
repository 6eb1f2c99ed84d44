import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { written } from '../../../bench/document.ts'
import { peerNames } from '../../../bench/peers/index.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

const shown = written(read('bench/RESULTS.md'))

test('the README shows what the benchmark has written, and nobody has changed it', () => {
  expect(written(read('README.md'))).toBe(shown)
})

test('the results have every manager, or say why not, with 1, 10, 100 and 1000 workers', () => {
  for (const name of peerNames) {
    if (shown.includes(`Left out: ${name}, which needs`)) continue
    expect([name, ...shown.matchAll(new RegExp(`^\\| ${name} \\| (\\d+) \\|`, 'gm'))].map(String)).toEqual([
      name,
      ...[1, 10, 100, 1000].map((count) => `| ${name} | ${count} |,${count}`),
    ])
  }
})

test('the results name no path and no machine', () => {
  expect(shown).not.toMatch(/(?<![\w<])\/(?:tmp|home|root|usr|work|dev|var)\b/)
  expect(shown).not.toContain(hostname())
})

test('README.md of the benchmark says of every manager what it does', () => {
  const readme = read('bench/README.md')
  for (const name of peerNames) expect(readme).toContain(`| ${name} |`)
})

// npm run test:stress [-- --times N] [--lanes L]: the whole suite N times, L of them at any moment, until one fails
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countOf, readOptions } from '../../scripts/options.ts'
import { installExample, isExampleInstalled } from '../peers/bullmq-example.ts'

const { values, positionals } = readOptions('test:stress', {
  allowPositionals: true, // Given on to vitest: part of the suite.
  options: {
    times: { type: 'string', default: '20' },
    lanes: { type: 'string', default: '2' },
    project: { type: 'string', multiple: true, default: [] },
  },
})

const count = (name: 'times' | 'lanes'): number => countOf('test:stress', name, values[name], 1)
const times = count('times')
/** Several suites at once are the load: each waits for less than it must, and for longer than it is used to. */
const lanes = Math.min(times, count('lanes'))
const logs = mkdtempSync(join(tmpdir(), 'multi-stress-'))
/** A test that never gives its event loop back is not ended by vitest. */
const SUITE_LIMIT_MS = 3_600_000
const words = ['run', ...values.project.flatMap((name) => ['--project', name]), ...positionals]

/** What suites side by side would do at the same time, and to the same files. */
function prepare(): void {
  const built = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  if (built.status !== 0) process.exit(1)
  if (process.env['MULTI_REQUIRE_PEERS'] === '1' && !isExampleInstalled()) installExample()
}

let next = 0
let passed = 0
let failures = 0

function runSuite(log: string): Promise<number | null> {
  const out = openSync(log, 'w')
  // Without a cache of its own vitest writes nothing into the checkout.
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...words, '--no-cache'], {
    env: { ...process.env, MULTI_TEST_NO_BUILD: '1', MULTI_PATIENCE: '3', NO_COLOR: '1' },
    stdio: ['ignore', out, out],
    timeout: SUITE_LIMIT_MS,
  })
  return new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
}

const minutes = (since: number): string => `${((performance.now() - since) / 60_000).toFixed(1)} min`

/** One suite after the other. When another lane has failed, the one that runs here is let run to its end: it clears up. */
async function lane(): Promise<void> {
  while (next < times && failures === 0) {
    const number = ++next
    const begun = performance.now()
    const log = join(logs, `run-${number}.log`)
    const code = await runSuite(log)
    if (code === 0) {
      console.log(`run ${number} passed in ${minutes(begun)} (${++passed} of ${times})`)
      continue
    }
    failures++
    const named = readFileSync(log, 'utf8').match(/^ *FAIL .*$/gm) ?? []
    console.log([`run ${number} FAILED after ${minutes(begun)}: ${log}`, ...new Set(named)].join('\n'))
  }
}

prepare()
console.log(`the suite ${times} times, ${lanes} at once; their output is in ${logs}`)
await Promise.all(Array.from({ length: lanes }, lane))
process.exit(failures > 0 ? 1 : 0)

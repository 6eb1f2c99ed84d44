import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { peerNames } from '../../bench/peers/index.ts'
import { commandLineOf, type Process, processesWith } from '../rig/processes.ts'
import { until } from '../rig/until.ts'

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))
/** For a machine that has much else to do. */
const SLOW_MS = 280_000

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multi-bench-test-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const bench = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', RUN, '--quick', '--rounds', '1', ...args], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

function textOf(child: ChildProcess): { stdout: string; stderr: string } {
  const text = { stdout: '', stderr: '' }
  child.stdout?.on('data', (data: Buffer) => (text.stdout += data))
  child.stderr?.on('data', (data: Buffer) => (text.stderr += data))
  return text
}

/** Beside them may be the cache of tsx. */
const scratch = (): string[] => readdirSync(directory).filter((name) => name.startsWith('multi-'))

/** What a benchmark has started has its scratch directory for a home. */
const started = (name: string): Process[] => processesWith(`HOME=${join(directory, name)}`)

test(
  'measures every manager that is installed, says which are not, and leaves nothing',
  async () => {
    const child = bench('--sizes', '1')
    const text = textOf(child)
    const [code] = await once(child, 'close')
    expect([code, text.stderr]).toEqual([0, expect.any(String)])
    for (const name of peerNames) {
      expect(text.stdout).toMatch(new RegExp(`^(\\| ${name} \\| 1 \\| \\d.*|Left out: ${name}, which needs .*)$`, 'm'))
    }
    expect(scratch()).toEqual([])
  },
  SLOW_MS,
)

test(
  'interrupted with workers up, it ends them and leaves nothing',
  async () => {
    const child = bench('--only', 'multi', '--sizes', '1000')
    child.stderr?.resume()
    child.stdout?.resume()
    const isWorker = ({ pid }: Process): boolean => commandLineOf(pid).endsWith('sleep 3600')
    const name = await until(
      () => scratch().find((entry) => started(entry).some(isWorker)),
      'the first worker',
      SLOW_MS,
    )
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).not.toBe(0) // null, if it was killed while it waited for the one below it.
    await until(() => scratch().length === 0, 'the directories to be removed', SLOW_MS)
    expect(started(name)).toEqual([])
  },
  SLOW_MS,
)

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BASE } from './stage.ts'

const PROGRAM = 'MULTI_BENCH_FLOOR'

/** The C program, compiled; undefined without a compiler. */
export const floor = process.env[PROGRAM]

/** For a run that is interrupted: then nobody else does it. */
export function removeFloor(): void {
  if (floor !== undefined) rmSync(dirname(floor), { recursive: true, force: true })
}

/**
 * Runs this very command below the C program's `adopt`, which reaps orphans at once, as init systems do: an init that does so
 * every two seconds would have `celery multi stopwait`, for which zombies are alive, wait for it. Returns the exit code;
 * undefined if there is nothing to do: below it already, or no compiler.
 */
export function runAdopted(): number | undefined {
  if (floor !== undefined) return undefined
  const directory = mkdtempSync(join(BASE, 'multi-floor-'))
  try {
    const program = join(directory, 'floor')
    const source = fileURLToPath(new URL('floor.c', import.meta.url))
    if (spawnSync('cc', ['-O2', '-o', program, source], { stdio: 'inherit' }).status !== 0) return undefined
    const line = ['adopt', process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    const env = { ...process.env, [PROGRAM]: program }
    return spawnSync(program, line, { stdio: 'inherit', env }).status ?? 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

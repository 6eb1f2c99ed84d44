import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Found } from '../processes.ts'

export const pidfilesIn = (directory: string): string[] =>
  existsSync(directory) ? readdirSync(directory).filter((name) => /^[^.].*\.pid$/.test(name)) : []

/** Each worker by the name of the pidfile that names it; throws when not each has one. */
export function namedByPidfiles(directory: string, workers: readonly Found[]): Map<string, Found> {
  const alive = new Map(workers.map((found) => [found.pid, found]))
  const named = new Map<string, Found>()
  for (const name of pidfilesIn(directory)) {
    const found = alive.get(Number(readFileSync(join(directory, name), 'latin1')))
    if (found) named.set(name, found)
  }
  if (named.size !== workers.length) throw new Error(`${workers.length} workers, ${named.size} have pidfiles`)
  return named
}

export function expectNoPidfile(directory: string): void {
  const left = pidfilesIn(directory)
  if (left.length > 0) throw new Error(`left: ${left.join(' ')}`)
}

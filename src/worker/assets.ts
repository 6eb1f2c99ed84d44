import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AbsPath } from '../model/names.ts'

/** The only place that asks where this package is: from dist/ when it is built, from src/ in its own tests. */
function findRoot(): string {
  let at: string = import.meta.dirname
  while (!existsSync(join(at, 'package.json'))) {
    if (at === dirname(at)) throw new Error('multi cannot find its own package.json')
    at = dirname(at)
  }
  return at
}

/** bin/multi.js of this package: what app workers are started with. */
export const multiPath = (): AbsPath => join(findRoot(), 'bin', 'multi.js') as AbsPath

/** The folder of the Celery bridge: Celery workers find it on PYTHONPATH. */
export const bridgePath = (): AbsPath => join(findRoot(), 'bridge') as AbsPath

export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(findRoot(), 'package.json'), 'utf8')) as { version: string }).version

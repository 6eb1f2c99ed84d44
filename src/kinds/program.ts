import { resolve } from 'node:path'
import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { PlanContext } from './kind.ts'
import { once } from './memo.ts'

/** What a shell uses when PATH is not set (dash, bash: confstr _CS_PATH and /usr/local). */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

export const absolute = (cwd: AbsPath, path: string): AbsPath => resolve(cwd, path) as AbsPath

/** Where a program of that name may be. A name with a slash is a path from the worker's directory, as for execvp(3) there. */
export function placesOf(name: string, cwd: AbsPath, context: PlanContext): readonly AbsPath[] {
  if (name.includes('/')) return [absolute(cwd, name)]
  const path = context.env['PATH'] ?? DEFAULT_PATH
  return [...new Set(path.split(':').map((directory) => absolute(absolute(cwd, directory), name)))]
}

export async function isProgram(path: AbsPath, context: PlanContext): Promise<boolean> {
  const facts = await context.system.statTarget(path)
  return facts?.kind === 'file' && (await context.system.access(path, 'execute'))
}

/** As execvp(3): the first that may be executed; `denied` when there was only one that may not. The same for all nodes. */
export const findProgram = (name: string, cwd: AbsPath, context: PlanContext): Promise<Result<AbsPath, Failure>> =>
  once(context.system, JSON.stringify([name, cwd, context.env['PATH']]), () => search(name, cwd, context))

async function search(name: string, cwd: AbsPath, context: PlanContext): Promise<Result<AbsPath, Failure>> {
  const tried = placesOf(name, cwd, context)
  let forbidden: AbsPath | undefined
  for (const path of tried) {
    const facts = await context.system.statTarget(path)
    if (facts?.kind !== 'file') continue
    if (await context.system.access(path, 'execute')) return ok(path)
    forbidden ??= path
  }
  if (forbidden !== undefined) return err({ reason: 'denied', what: `execute ${name}`, path: forbidden })
  return err({ reason: 'not-found', what: name, tried })
}

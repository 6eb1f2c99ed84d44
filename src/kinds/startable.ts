import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { LaunchPlan } from '../model/spec.ts'
import { readReference } from './app/reference.ts'
import type { PlanContext } from './kind.ts'
import { once } from './memo.ts'
import { findProgram } from './program.ts'

/**
 * Why what was recorded can no longer be started, as far as the disk says: a virtualenv that is being built anew, a release
 * that was removed. Asked before a restart stops what it could not bring back.
 */
export function unstartable({ kind, cwd, argv }: LaunchPlan, context: PlanContext): Promise<Failure | undefined> {
  return once(context.system, JSON.stringify(['startable', kind, cwd, filesOf(kind, argv)]), () =>
    missing(cwd, filesOf(kind, argv), context),
  )
}

type Argv = LaunchPlan['argv']

/** The program; Celery's script behind a Python; of an app also its host. Of other words nobody knows what they name. */
function filesOf(kind: LaunchPlan['kind'], argv: Argv): readonly AbsPath[] {
  const [program, ...words] = argv
  const files =
    kind === 'app'
      ? filesOfApp(words)
      : kind === 'celery' && isPython(program)
        ? words.slice(0, 1).filter(isScript)
        : []
  return [program, ...files.filter((file): file is AbsPath => file.startsWith('/'))]
}

const isPython = (program: string): boolean => /\/(python|pypy)[\d.]*$/.test(program)
const isScript = (word: string): boolean => word.endsWith('/celery')

/** `[--options of Node…] /…/bin/multi.js worker -A /…/app.mjs …` */
function filesOfApp(words: readonly string[]): readonly string[] {
  const at = words.indexOf('worker')
  return at < 1 ? [] : [words[at - 1] ?? '', readReference(words[at + 2] ?? '').path]
}

async function missing(
  cwd: AbsPath,
  [program, ...files]: readonly AbsPath[],
  context: PlanContext,
): Promise<Failure | undefined> {
  const { system } = context
  if ((await system.statTarget(cwd))?.kind !== 'directory')
    return { reason: 'no-directory', path: cwd, what: 'its working directory' }
  const found = program === undefined ? undefined : await findProgram(program, cwd, context)
  if (found?.ok === false) return found.error
  for (const file of files)
    if ((await system.statTarget(file))?.kind !== 'file') return { reason: 'not-found', what: file, tried: [file] }
  return undefined
}

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

/** The program; what Python or Node runs; the app. Of a command's own words nothing is known. */
function filesOf(kind: LaunchPlan['kind'], argv: Argv): readonly AbsPath[] {
  const [program, ...words] = argv
  if (kind === 'command') return [program]
  const script = words.find((word) => word.startsWith('/'))
  const app = kind === 'app' ? words[words.indexOf('-A') + 1] : undefined
  const files = [program, script, app === undefined ? undefined : readReference(app).path]
  return files.filter((file) => file?.startsWith('/')) as AbsPath[]
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

import { type Failure, usage } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { KindName, NodeSpec } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import { app } from './app/plan.ts'
import { type AppReference, looksLikeApp, placesOfApp, placesOfPython, readReference } from './app/reference.ts'
import { valueOf } from './args.ts'
import { isCeleryWorker } from './celery/command.ts'
import { celery } from './celery/plan.ts'
import { command } from './command/plan.ts'
import { directoryOf } from './frame.ts'
import type { Kind, PlanContext } from './kind.ts'
import { absolute } from './program.ts'

export interface Choice {
  readonly kind: Kind
  /** A clause for `show --verbose`. */
  readonly why: string
}

const KINDS: Readonly<Record<KindName, Kind>> = { celery, app, command }
const isKind = (name: string): name is KindName => Object.hasOwn(KINDS, name)

const chosen = (kind: KindName, why: string): Result<Choice, Failure> => ok({ kind: KINDS[kind], why })

function byHand(name: string, spec: NodeSpec): Result<Choice, Failure> {
  if (!isKind(name)) {
    return err(usage(`there is no kind ${name}`, { argument: '--kind', hint: 'celery, app or command' }))
  }
  if (name === 'app' && spec.cmd !== undefined) {
    return err(
      usage('--kind app and --cmd contradict each other', { argument: '--cmd', hint: 'an app is named by -A' }),
    )
  }
  return chosen(name, `--kind ${name}`)
}

function byCommand(cmd: readonly string[]): Result<Choice, Failure> {
  if (cmd.length === 0) return err(usage('--cmd names no program', { argument: '--cmd' }))
  return isCeleryWorker(cmd) ? chosen('celery', '--cmd runs Celery') : chosen('command', '--cmd runs a program')
}

/** The first of the files that is there. */
async function firstFile(cwd: AbsPath, places: readonly string[], system: System): Promise<AbsPath | undefined> {
  for (const place of places) {
    const path = absolute(cwd, place)
    if ((await system.statTarget(path))?.kind === 'file') return path
  }
  return undefined
}

/** A directory is a package without `__init__.py` too (PEP 420), but one with an index.js was not meant as such. */
async function pythonAt(reference: AppReference, hasApp: boolean, cwd: AbsPath, system: System) {
  const { file, directory } = placesOfPython(reference.path)
  const found = await firstFile(cwd, [file, `${directory}/__init__.py`], system)
  if (found !== undefined || hasApp) return found
  const path = absolute(cwd, directory)
  return (await system.statTarget(path))?.kind === 'directory' ? path : undefined
}

async function byDisk(reference: AppReference, cwd: AbsPath, system: System): Promise<Result<Choice, Failure>> {
  const script = await firstFile(cwd, placesOfApp(reference.path), system)
  const python = await pythonAt(reference, script !== undefined, cwd, system)
  if (script !== undefined && python !== undefined) {
    const hint = '--kind celery, --kind app or -A ./… decides'
    return err(usage(`-A ${reference.path} may be ${python} or ${script}`, { argument: '-A', hint }))
  }
  if (script !== undefined) return chosen('app', `${script} is there`)
  return chosen(
    'celery',
    python === undefined ? `-A ${reference.path} is taken for a Python module` : `${python} is there`,
  )
}

/** What runs a node, and by which rule. design: `--kind` by hand, then `--cmd`, then what `-A` looks like, then what is on disk. */
export async function choose(spec: NodeSpec, context: PlanContext): Promise<Result<Choice, Failure>> {
  if (spec.kind !== undefined) return byHand(spec.kind, spec)
  if (spec.cmd !== undefined) return byCommand(spec.cmd)
  const text = valueOf(spec.options, '--app', '-A')
  if (text === undefined) return chosen('celery', 'neither -A nor --cmd is given')
  const reference = readReference(text)
  if (looksLikeApp(reference)) return chosen('app', `-A ${reference.path} is a path`)
  return byDisk(reference, directoryOf(spec, context), context.system)
}

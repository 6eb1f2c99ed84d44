import { dirname } from 'node:path'
import type { Failure } from '../../model/failure.ts'
import type { AbsPath } from '../../model/names.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { PlanContext } from '../kind.ts'
import { once } from '../memo.ts'
import { absolute, findProgram, isProgram, placesOf } from '../program.ts'

type Start = readonly [AbsPath, ...string[]]

const HINT = 'pip install celery, or name its Python with --executable'
const PROBE_MS = 30_000
const SCRIPT_LIMIT = 64 << 10

/** Whether `PYTHON -m celery` would run: proven by importing what it runs, from where it would (the directory is on sys.path). */
async function imports(python: AbsPath, cwd: AbsPath, context: PlanContext): Promise<boolean> {
  const probe = await once(context.system, `${python} -m celery\0${cwd}`, () =>
    context.system.run([python, '-c', 'import celery.__main__'], { cwd, timeoutMs: PROBE_MS }),
  )
  return probe.code === 0
}

/**
 * Whether a script is Python, also when the kernel starts it with /bin/sh: Debian's `celery` and pip's scripts in long
 * paths are both, with the shell's part inside a Python string.
 */
async function isPythonScript(path: AbsPath, context: PlanContext): Promise<boolean> {
  const file = await context.system.readFile(path, SCRIPT_LIMIT)
  if (file.found !== 'text') return false
  const [shebang = '', ...rest] = file.text.split('\n')
  return /^#!.*python/.test(shebang) || (shebang.startsWith('#!/bin/sh') && rest.slice(0, 2).join('').includes("'''"))
}

/**
 * The script `celery` beside the Python that the user named. It is run by that Python, not by its first line: Debian's
 * takes whatever `python3` comes first on PATH. And it is preferred to `-m celery`, because HUP starts a worker anew with
 * sys.argv[0], which works only for the script (celery/apps/worker.py, _reload_current_worker).
 */
async function ofPython(name: string, cwd: AbsPath, context: PlanContext): Promise<Result<Start, Failure>> {
  const python = await findProgram(name, cwd, context)
  if (!python.ok) return python
  if (python.value.endsWith('/celery')) return ok([python.value])
  const script = absolute(dirname(python.value) as AbsPath, 'celery')
  if (await isProgram(script, context)) {
    return ok((await isPythonScript(script, context)) ? [python.value, script] : [script])
  }
  return asModule(python.value, [script], cwd, context)
}

async function asModule(
  python: AbsPath,
  tried: readonly string[],
  cwd: AbsPath,
  context: PlanContext,
): Promise<Result<Start, Failure>> {
  if (await imports(python, cwd, context)) return ok([python, '-m', 'celery'])
  return err({ reason: 'not-found', what: 'celery', tried: [...tried, `${python} -m celery`], hint: HINT })
}

/** How Celery is started here: an argv up to and including the word celery. */
export async function findCelery(
  executable: string | undefined,
  cwd: AbsPath,
  context: PlanContext,
): Promise<Result<Start, Failure>> {
  if (executable !== undefined) return ofPython(executable, cwd, context)
  const script = await findProgram('celery', cwd, context)
  if (script.ok || script.error.reason === 'denied') return script.ok ? ok([script.value]) : script
  const python = await findProgram('python3', cwd, context)
  if (python.ok) return asModule(python.value, placesOf('celery', cwd, context), cwd, context)
  const tried = [...placesOf('celery', cwd, context), ...placesOf('python3', cwd, context)]
  return err({ reason: 'not-found', what: 'celery', tried, hint: HINT })
}

/** The same for `-m celery`, which the user wrote and so gets: only proven to be there. */
export async function provenModule(start: Start, cwd: AbsPath, context: PlanContext): Promise<Result<Start, Failure>> {
  const proven = await asModule(start[0], [], cwd, context)
  return proven.ok ? ok(start) : proven
}

import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { ok, type Result } from '../model/result.ts'
import type { PlanContext } from './kind.ts'
import { findProgram } from './program.ts'

/** Celery's own multi runs every `--cmd` by its Python; we do so for what cannot be a program: `-m celery`, `tasks.py`. */
export const needsPython = (cmd: readonly string[]): boolean =>
  cmd[0] !== undefined && (cmd[0].startsWith('-') || cmd[0].endsWith('.py'))

/** The beginning of an argv for such a `--cmd`. */
export async function underPython(
  cmd: readonly string[],
  executable: string | undefined,
  cwd: AbsPath,
  context: PlanContext,
): Promise<Result<readonly [AbsPath, ...string[]], Failure>> {
  const python = await findProgram(executable ?? 'python3', cwd, context)
  return python.ok ? ok([python.value, ...cmd]) : python
}

/** The same for any `--cmd`: by Python when it must be, else the program that it names. */
export async function startOf(
  cmd: readonly string[],
  executable: string | undefined,
  cwd: AbsPath,
  context: PlanContext,
): Promise<Result<readonly [AbsPath, ...string[]], Failure>> {
  if (needsPython(cmd)) return underPython(cmd, executable, cwd, context)
  const [name = '', ...rest] = cmd
  const program = await findProgram(name, cwd, context)
  return program.ok ? ok([program.value, ...rest]) : program
}

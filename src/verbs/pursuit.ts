import { type Gate, openGate } from '../fleet/gate.ts'
import type { Pursuit } from '../fleet/pursue.ts'
import { absolute } from '../kinds/program.ts'
import type { UsageError } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Outcome } from '../model/outcome.ts'
import { ok, type Result } from '../model/result.ts'
import { durationOf, settingText } from './read-settings.ts'
import type { Answer, Context } from './verb.ts'

const WAIT_LOCK_MS = 10_000

export function pursuitOf(context: Context, gate: Gate = openGate): Result<Pursuit, UsageError> {
  const { system, emit, env, line } = context
  const waitLockMs = durationOf(line.settings, '--wait-lock', WAIT_LOCK_MS)
  if (!waitLockMs.ok) return waitLockMs
  const environmentNames = Object.keys(env).sort()
  return ok({ system, emit, gate, environmentNames, waitLockMs: waitLockMs.value })
}

/** Writes down who did what, if that was asked for; then it is an answer. */
export async function outcomesOf(context: Context, verb: string, outcomes: readonly Outcome[]): Promise<Answer> {
  const { line, env, emit, cwd } = context
  const file = settingText(line.settings, '--audit-log') ?? env['MULTI_AUDIT_LOG']
  const refused = file ? await audited(context, absolute(cwd, file), verb, outcomes) : undefined
  if (refused) emit({ event: 'alert', text: `the audit log ${file} could not be written: ${refused}` })
  return { kind: 'outcomes', outcomes }
}

async function audited(
  { system, env }: Context,
  path: AbsPath,
  verb: string,
  outcomes: readonly Outcome[],
): Promise<string | undefined> {
  const file = await system.openLog(path, { followSymlink: true })
  if (!file.ok) return file.error.code
  const { writeAudit } = await import('./audit.ts')
  const refused = await writeAudit({ file: file.value, verb, outcomes, self: system.self, env })
  await system.closeLog(file.value)
  return refused
}

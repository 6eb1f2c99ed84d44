import { findDirectories } from '../fleet/directories.ts'
import type { UsageError } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { ok, type Result } from '../model/result.ts'
import type { Grammar } from '../spec/grammar.ts'
import type { ParsedLine } from '../spec/line.ts'
import { parseLine } from '../spec/parse.ts'
import { realSystem } from '../system/real.ts'
import { checkSettings, settingText } from '../verbs/read-settings.ts'
import type { Context, Verb } from '../verbs/verb.ts'
import { multiPath } from '../worker/assets.ts'
import { reportAnswer, reporterFor, reportFailure, sink } from './reporting.ts'
import { callDirectory } from './surroundings.ts'

/** Verbs that wait and may be interrupted in good order; the others end at once by a signal, as any program. */
const WAITING = new Set(['start', 'stop', 'stopwait', 'restart', 'kill'])

/** Runs one verb on what stood behind it; answers the exit code. */
export async function runVerb(verb: Verb, rest: readonly string[], grammar: Grammar): Promise<number> {
  const system = realSystem({ waits: WAITING.has(verb.name) })
  const cwd = callDirectory()
  const directories = await findDirectories(system, process.env, cwd)
  const base = { system, env: process.env, cwd, directories, node: process.execPath as AbsPath, multi: multiPath() }
  const read = readLine(verb, rest, grammar, base)
  if (!read.ok) return ended(reportFailure(read.error, rest.includes('--json')))
  const { line, fleet } = read.value
  const reporter = reporterFor(
    verb.name,
    line.settings,
    line.nodes.map(({ name }) => name),
  )
  for (const text of line.warnings) reporter.emit({ event: 'note', text })
  const answer = await verb.run({ ...base, fleet, line, emit: (event) => reporter.emit(event) })
  return ended(reportAnswer(answer, line.settings, reporter))
}

/** All that was written is out; a full disk under a redirected stdout is a failure that exit code 0 would hide. */
async function ended(code: number): Promise<number> {
  await sink.flush()
  return code === 0 && sink.fault() !== undefined ? 1 : code
}

type Read = { readonly line: Context['line']; readonly fleet: string }

function readLine(
  verb: Verb,
  rest: readonly string[],
  grammar: Grammar,
  { system, cwd, directories }: Pick<Context, 'system' | 'cwd' | 'directories'>,
): Result<Read, UsageError> {
  const parse = (fleet: string): Result<ParsedLine, UsageError> =>
    parseLine(
      rest,
      grammar,
      { hostname: system.self.hostname, cwd, runDirectory: directories.run, logDirectory: directories.log, fleet },
      {
        takesSignal: verb.takesSignal ?? false,
        allowNoNodes: verb.nodesOptional ?? false,
        ...(verb.positional ? { positional: verb.positional } : {}),
      },
    )
  const line = parse(cwd)
  if (!line.ok) return line
  const wrong = checkSettings(line.value.settings, verb.name)
  if (wrong) return { ok: false, error: wrong }
  const named = settingText(line.value.settings, '--fleet')
  if (named === undefined) return ok({ line: line.value, fleet: cwd })
  const again = parse(named)
  return again.ok ? ok({ line: again.value, fleet: named }) : again
}

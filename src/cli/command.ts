import { findDirectories } from '../fleet/directories.ts'
import type { Emit } from '../model/events.ts'
import { EXIT, type ExitCode, worst } from '../model/exit-code.ts'
import type { UsageError } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import { lines } from '../report/plain.ts'
import type { Sink } from '../report/sink.ts'
import type { Reporter } from '../report/text.ts'
import type { Grammar } from '../spec/grammar.ts'
import { parseLine } from '../spec/parse.ts'
import { shellJoin } from '../spec/quote.ts'
import { realSystem } from '../system/real.ts'
import { checkSettings, settingText } from '../verbs/read-settings.ts'
import type { Answer, Context, Verb } from '../verbs/verb.ts'
import { bridgePath, multiPath } from '../worker/assets.ts'
import { ended } from './ended.ts'
import { openSink } from './sink.ts'
import { callDirectory } from './surroundings.ts'

/** Verbs that wait and may be interrupted in good order; the others end at once by a signal, as any program. */
const WAITING = new Set(['start', 'stop', 'stopwait', 'restart', 'kill', 'quiet', 'resume', 'forget'])

/** A third of the code, and nothing of it is needed to print a few names. */
const reporting = () => import('./reporting.ts')

/** Runs one verb on what stood behind it; answers the exit code. */
export async function runVerb(verb: Verb, rest: readonly string[], grammar: Grammar): Promise<number> {
  const system = realSystem({ waits: WAITING.has(verb.name) })
  const cwd = callDirectory()
  const directories = await findDirectories(system, process.env, cwd)
  const own = { node: process.execPath as AbsPath, multi: multiPath(), bridge: bridgePath() }
  const base = { system, env: process.env, cwd, directories, ...own }
  const parse = (words: readonly string[], fleet: string) => parseFor(verb, words, grammar, base, fleet)
  const read = readLine(verb, rest, parse, cwd)
  const sink = openSink()
  if (!read.ok) return ended(sink, (await reporting()).reportFailure(sink, read.error, rest.includes('--json')))
  const { line, fleet } = read.value
  const order = line.nodes.map(({ name }) => name)
  const tells = !verb.pure || line.warnings.length > 0
  const reporter = tells ? (await reporting()).reporterFor(sink, verb.name, line.settings, order) : undefined
  for (const text of line.warnings) reporter?.emit({ event: 'note', text })
  const reread: Context['reread'] = (nodes, options) => parse([...nodes, ...beforeDashes(rest, options)], fleet)
  const alerts: ExitCode[] = []
  const emit: Emit = (event) => {
    if (event.event === 'alert' && event.code !== undefined) alerts.push(event.code)
    reporter?.emit(event)
  }
  const answer = await verb.run({ ...base, fleet, line, reread, emit })
  const code = await told(sink, answer, line.settings, reporter)
  const isRefused = answer.kind === 'failure' && answer.failure.reason === 'usage'
  // LSB's 4 is ours too.
  return ended(sink, alerts.length === 0 || isRefused ? code : worst([code as ExitCode, ...alerts]))
}

export function beforeDashes(rest: readonly string[], options: readonly string[]): string[] {
  const dashes = rest.indexOf('--')
  return dashes < 0 ? [...rest, ...options] : [...rest.slice(0, dashes), ...options, ...rest.slice(dashes)]
}

export async function told(
  sink: Sink,
  answer: Answer,
  settings: Line['settings'],
  reporter: Reporter | undefined,
): Promise<number> {
  const plain = settings.has('--json') ? undefined : plainLines(answer)
  if (!plain) return (await reporting()).reportAnswer(sink, answer, settings, reporter)
  sink.out(lines(plain))
  return EXIT.ok
}

/** What needs no words. */
function plainLines(answer: Answer): readonly string[] | undefined {
  if (answer.kind === 'list') return answer.items
  return answer.kind === 'arguments' ? [shellJoin(answer.argv)] : undefined
}

type Line = Context['line']
type Base = Pick<Context, 'system' | 'cwd' | 'directories'>

export function parseFor(
  verb: Verb,
  words: readonly string[],
  grammar: Grammar,
  { system, cwd, directories }: Base,
  fleet: string,
): Result<Line, UsageError> {
  const { run: runDirectory, log: logDirectory } = directories
  return parseLine(
    words,
    grammar,
    { hostname: system.self.hostname, cwd, runDirectory, logDirectory, fleet },
    {
      takesSignal: verb.takesSignal ?? false,
      allowNoNodes: verb.nodesOptional ?? false,
      handsNothingOn: verb.handsNothingOn ?? false,
      ...(verb.positional ? { positional: verb.positional } : {}),
    },
  )
}

/** Whose fleet it is stands in the line itself, so with `--fleet` it is read a second time. */
export function readLine(
  verb: Verb,
  rest: readonly string[],
  parse: (words: readonly string[], fleet: string) => Result<Line, UsageError>,
  cwd: AbsPath,
): Result<{ readonly line: Line; readonly fleet: string }, UsageError> {
  const line = parse(rest, cwd)
  if (!line.ok) return line
  const wrong = checkSettings(line.value.settings, verb.name)
  if (wrong) return err(wrong)
  const named = settingText(line.value.settings, '--fleet')
  if (named === undefined) return ok({ line: line.value, fleet: cwd })
  const again = parse(rest, named)
  return again.ok ? ok({ line: again.value, fleet: named }) : again
}

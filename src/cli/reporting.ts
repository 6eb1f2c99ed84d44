import { fstatSync } from 'node:fs'
import { EXIT, type ExitCode, worst } from '../model/exit-code.ts'
import { exitCodeOf, type Failure } from '../model/failure.ts'
import type { Outcome } from '../model/outcome.ts'
import {
  errorJson,
  errorText,
  getJson,
  jsonReporter,
  listJson,
  type Reporter,
  refused,
  type Sink,
  showJson,
  showText,
  statusJson,
  statusText,
  type Terminal,
  textReporter,
  usageText,
  wantsColor,
  wantsLive,
} from '../report/index.ts'
import type { ParsedLine } from '../spec/line.ts'
import { shellJoin } from '../spec/quote.ts'
import type { Answer } from '../verbs/verb.ts'
import { packageVersion } from '../worker/assets.ts'

type Settings = ParsedLine['settings']

/** Major number of memory devices, of which /dev/null is one: Documentation/admin-guide/devices.txt of Linux. */
const MEMORY = 1

/** Could descriptor 1 be a terminal? To ask Node opens a stream, which takes a tenth of the time of a `multi status`. */
function maybeTerminal(): boolean {
  const stats = fstatSync(1)
  return stats.isCharacterDevice() && stats.rdev >> 8 !== MEMORY
}

/** Looked at only if somebody asks. */
const terminal: Terminal = {
  get isTTY() {
    return maybeTerminal() && process.stdout.isTTY
  },
  env: process.env,
}

/** The reporter that a command line asks for. */
export function reporterFor(sink: Sink, verb: string, settings: Settings, order: readonly string[]): Reporter {
  if (settings.has('--json')) return jsonReporter({ ...sink, order })
  return textReporter({
    out: sink.out,
    err: sink.err,
    verb,
    get version() {
      return packageVersion()
    },
    now: () => performance.now(),
    quote: shellJoin,
    get color() {
      return wantsColor(terminal) && !settings.has('--no-color')
    },
    verbose: settings.has('--verbose'),
    quiet: settings.has('--quiet'),
    nosplash: settings.has('--nosplash'),
    get live() {
      return wantsLive(terminal) ? { columns: () => process.stdout.columns } : undefined
    },
  })
}

/** A failure of the command as a whole. */
export function reportFailure(sink: Sink, failure: Failure, json: boolean): ExitCode {
  if (json) sink.out(errorJson(failure))
  sink.err(failure.reason === 'usage' ? usageText(failure) : errorText(failure))
  return exitCodeOf(failure)
}

/** What was said did not all arrive. */
export const reportLost = (sink: Sink, fault: string): void =>
  sink.err(`multi: ${refused('write', 'standard output', fault)}\n`)

const outcomeCode = (outcome: Outcome): ExitCode =>
  outcome.result === 'failed' ? exitCodeOf(outcome.failure) : EXIT.ok

/** Prints what a verb answered; answers the exit code. Lists and arguments come here for JSON alone: as text they need no words. */
export function reportAnswer(sink: Sink, answer: Answer, settings: Settings, reporter: Reporter | undefined): number {
  const json = settings.has('--json')
  switch (answer.kind) {
    case 'failure':
      return reportFailure(sink, answer.failure, json)
    case 'outcomes':
      reporter?.end()
      return worst([...answer.outcomes.map(outcomeCode), ...exitCodes(answer)])
    case 'status':
      return reportStatus(sink, answer, settings)
    case 'plans':
      sink.out(
        json
          ? showJson(answer.plans)
          : showText(answer.plans, { quote: shellJoin, verbose: settings.has('--verbose') }),
      )
      return EXIT.ok
    case 'list':
      sink.out(listJson(answer.items))
      return EXIT.ok
    case 'arguments':
      sink.out(getJson({ name: answer.name, argv: answer.argv }))
      return EXIT.ok
    case 'nothing':
      if (json) sink.out(getJson({}))
      return answer.code
  }
}

/** Foreground workers that did not exit well. */
const exitCodes = ({ exits = [] }: Extract<Answer, { kind: 'outcomes' }>): ExitCode[] =>
  exits.map(({ code }) => (code === 0 ? EXIT.ok : EXIT.failed))

function reportStatus(sink: Sink, { rows, code }: Extract<Answer, { kind: 'status' }>, settings: Settings): number {
  if (settings.has('--json')) sink.out(statusJson(rows))
  else if (!settings.has('--quiet')) {
    const columns = terminal.isTTY ? process.stdout.columns : undefined
    sink.out(
      statusText(rows, {
        quote: shellJoin,
        color: wantsColor(terminal) && !settings.has('--no-color'),
        verbose: settings.has('--verbose'),
        ...(columns ? { columns } : {}),
      }),
    )
  }
  return code
}

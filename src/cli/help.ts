import { EXIT } from '../model/exit-code.ts'
import { type UsageError, usage } from '../model/failure.ts'
import { getJson, type Sink } from '../report/index.ts'
import { nearest } from '../spec/nearest.ts'
import { findVerbNamed, verbNames } from '../verbs/index.ts'
import { packageVersion } from '../worker/assets.ts'
import { ended } from './ended.ts'
import { manual } from './manual.ts'
import { reportFailure } from './reporting.ts'
import { openSink } from './sink.ts'

const SHOWS_LOGS = 'multi status shows where the logs are'

/** What it is called in systemctl, supervisorctl, pm2 and celery control. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  __proto__: null as never,
  list: 'did you mean status?',
  ls: 'did you mean status?',
  ps: 'did you mean status?',
  monit: 'did you mean status --stats?',
  describe: 'did you mean status --verbose?',
  log: SHOWS_LOGS,
  logs: SHOWS_LOGS,
  tail: SHOWS_LOGS,
  reload: 'did you mean restart --rolling?',
  drain: 'did you mean stopwait?',
  shutdown: 'did you mean stopwait?',
  pause: 'did you mean quiet?',
  signal: 'stop -INT asks a node to end by another signal; for others there is kill(1)',
  delete: 'did you mean forget?',
  remove: 'did you mean forget?',
}

/** Everything that is not a verb's work: help, version, and words that are no verb. */
export async function help(
  word: string | undefined,
  argv: readonly string[],
  sink: Sink = openSink(),
): Promise<number> {
  const json = argv.includes('--json')
  const said = (what: 'help' | 'version', text: string) => say(sink, json ? getJson({ [what]: text }) : `${text}\n`)
  const refused = (failure: UsageError) => ended(sink, reportFailure(sink, failure, json))
  if (argv.includes('--version') && word === undefined) return said('version', packageVersion())
  const topic = word === 'help' ? argv.find((one) => one !== 'help' && !one.startsWith('-')) : word
  const wanted = word !== undefined || argv.some((one) => one === '--help' || one === '-h')
  if (!wanted) return refused(usage('no verb is given', { hint: 'multi help lists them' }))
  if (topic === undefined || topic === 'worker') return said('help', await manual(topic, columns()))
  const load = findVerbNamed(topic)
  if (load) return said('help', await manual((await load()).name, columns()))
  const near = verbNames.find((name) => topic.length > 2 && name.startsWith(topic)) ?? nearest(topic, verbNames)
  const hint = ELSEWHERE[topic] ?? (near === undefined ? 'multi help lists the verbs' : `did you mean ${near}?`)
  return refused(usage(`${topic} is no verb`, { argument: topic, hint }))
}

/** What fits on most screens, where there is none. */
const columns = (): number => process.stdout.columns || 100

async function say(sink: Sink, text: string): Promise<number> {
  sink.out(text)
  return ended(sink, EXIT.ok)
}

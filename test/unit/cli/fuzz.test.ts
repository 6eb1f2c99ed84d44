import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { beforeDashes, parseFor, readLine, told } from '../../../src/cli/command.ts'
import { help } from '../../../src/cli/help.ts'
import { reporterFor, reportFailure } from '../../../src/cli/reporting.ts'
import { findDirectories } from '../../../src/fleet/directories.ts'
import { grammarFor } from '../../../src/kinds/index.ts'
import type { FleetEvent } from '../../../src/model/events.ts'
import { EXIT, LSB } from '../../../src/model/exit-code.ts'
import { REASONS } from '../../../src/model/failure.ts'
import type { AbsPath } from '../../../src/model/names.ts'
import type { Sink } from '../../../src/report/index.ts'
import { findVerb } from '../../../src/spec/index.ts'
import type { ParsedLine } from '../../../src/spec/line.ts'
import { findVerbNamed, loadVerbs, verbNames } from '../../../src/verbs/index.ts'
import { settings } from '../../../src/verbs/settings.ts'
import type { Answer, Verb } from '../../../src/verbs/verb.ts'
import { hostOptions, readOptions } from '../../../src/worker/options.ts'
import { drains, type SimSystem, World } from '../../sim/index.ts'

const HOME = '/home/u1000' as AbsPath
const PATHS = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME }

/** Nobody waits longer than this for a worker that was told to stop in some way that does not end it. */
const PATIENCE_MS = 200_000

/** What was answered, before anything is made of it. */
type Called =
  | { readonly kind: 'help'; readonly word: string | undefined; readonly own: readonly string[] }
  /** `multi worker`: the error, if its options are wrong; nothing is run. */
  | { readonly kind: 'host'; readonly error?: string }
  | {
      readonly kind: 'answer'
      readonly verb: Verb
      readonly answer: Answer
      readonly events: readonly FleetEvent[]
      readonly line?: ParsedLine
    }

const ASKING = ['--help', '-h', '--version']

/** As main() of src/cli.ts does it, on a simulated machine. */
async function called(system: SimSystem, argv: readonly string[], env: Env): Promise<Called> {
  if (argv[0] === 'worker' && !ASKING.includes(argv[1] ?? '')) {
    const options = readOptions(argv.slice(1))
    return options.ok ? { kind: 'host' } : { kind: 'host', error: options.error }
  }
  const grammar = grammarFor(argv, settings, env.MULTI_CMD)
  const { verb: word, rest } = findVerb(argv, grammar)
  const load = word === undefined ? undefined : findVerbNamed(word)
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  if (!load || own.some((one) => ASKING.includes(one))) return { kind: 'help', word, own }
  return verbCalled(system, await load(), rest, grammar, env)
}

type Env = typeof PATHS & { readonly MULTI_CMD?: string }

/** As runVerb() of src/cli/command.ts. */
async function verbCalled(
  system: SimSystem,
  verb: Verb,
  rest: readonly string[],
  grammar: ReturnType<typeof grammarFor>,
  env: Env,
): Promise<Called> {
  const base = { system, env, cwd: HOME, directories: await findDirectories(system, env, HOME) }
  const parse = (words: readonly string[], fleet: string) => parseFor(verb, words, grammar, base, fleet)
  const read = readLine(verb, rest, parse, HOME)
  if (!read.ok) return { kind: 'answer', verb, answer: { kind: 'failure', failure: read.error }, events: [] }
  const { line, fleet } = read.value
  const events: FleetEvent[] = line.warnings.map((text) => ({ event: 'note', text }))
  const own = {
    node: '/usr/bin/node' as AbsPath,
    multi: '/usr/bin/multi' as AbsPath,
    bridge: '/usr/lib/bridge' as AbsPath,
  }
  const answer = await verb.run({
    ...base,
    ...own,
    fleet,
    line,
    reread: (nodes, options) => parse([...nodes, ...beforeDashes(rest, options)], fleet),
    emit: (event) => events.push(event),
  })
  return { kind: 'answer', verb, answer, events, line }
}

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

const pages = new Map<string, Promise<Said>>()

/** Laying a page out takes longer than all else: one for each set of words that help looks at. */
function said(call: Called, json: boolean): Promise<Said> {
  if (call.kind !== 'help') return rendered(call, json)
  const { word, own } = call
  const topic = word === 'help' ? own.find((one) => one !== 'help' && !one.startsWith('-')) : word
  const key = JSON.stringify([word, topic, ASKING.filter((one) => own.includes(one)), json])
  const page = pages.get(key) ?? rendered(call, json)
  pages.set(key, page)
  return page
}

/** What the user reads of it, as text or as JSON; rendering may fail as well. */
async function rendered(call: Called, json: boolean): Promise<Said> {
  const heard = { out: '', err: '' }
  const sink: Sink = {
    out: (text) => void (heard.out += text),
    err: (text) => void (heard.err += text),
    flush: async () => undefined,
    fault: () => undefined,
  }
  const code = await sayTo(sink, call, json)
  return { code, ...heard }
}

async function sayTo(sink: Sink, call: Called, json: boolean): Promise<number> {
  const asked = (words: readonly string[]) => [...words.filter((one) => one !== '--json'), ...(json ? ['--json'] : [])]
  if (call.kind === 'help') return help(call.word, asked(call.own), sink)
  if (call.kind === 'host') {
    sink.err(call.error === undefined ? '' : `multi worker: ${call.error}\n`)
    return call.error === undefined ? EXIT.ok : EXIT.usage
  }
  const { verb, answer, events, line } = call
  // Refused before it was known what is asked for.
  if (!line && answer.kind === 'failure') return reportFailure(sink, answer.failure, json)
  const wanted = new Map(line?.settings)
  if (json) wanted.set('--json', true)
  else wanted.delete('--json')
  const order = line?.nodes.map(({ name }) => name) ?? []
  const reporter = reporterFor(sink, verb.name, wanted, order)
  for (const event of events) reporter.emit(event)
  return told(sink, answer, wanted, reporter)
}

function machine(): World {
  // Ninety-nine nodes that never get ready take more steps than most worlds are given.
  const world = new World({ story: false, stepLimit: 2_000_000 })
  for (const name of ['celery', 'python3', 'node', 'w']) world.program(`/usr/bin/${name}`, drains(10))
  world.files.put(`${HOME}/app.mjs`, '', { uid: 1000, gid: 1000 })
  world.files.put(`${HOME}/tasks.py`, '', { uid: 1000, gid: 1000 })
  return world
}

const letters = fc.string({ unit: fc.constantFrom(...Array.from('aw1-:=,@%niIhd/.\'"~ \\$\n\t\0é💥')), maxLength: 12 })

const node = fc.constantFrom('w1', 'w2', '3', 'w1@h', 'w1', '1-3', '*', '.', '..', '-', 'a/b', '%n', '0', '99999999')

/** The audit log is written with pino, past the simulated files. */
const optionNames = [
  ...new Set(settings.flatMap(({ names }) => names).filter((name) => name !== '--audit-log')),
  '-A',
  '--kind',
  '--cmd',
  '--pidfile',
  '--logfile',
  '-n',
  '-c',
  '-Q',
  '--uid',
  '--gid',
  '--umask',
  '--workdir',
  '--executable',
  '--suffix',
  '--prefix',
  '--range-prefix',
  '-P',
  '-B',
  '-l',
  '-L',
  '-TERM',
  '-9',
  '-STOP',
  '--detach',
  '--fleet',
  '--json',
]

const value = fc.oneof(
  letters,
  fc.constantFrom(
    './app.mjs',
    'tasks',
    '/usr/bin/w',
    'celery',
    'app',
    'command',
    '10ms',
    '2',
    '-1',
    '1e9',
    '%n.pid',
    '%n%I.log',
  ),
  fc.constantFrom(
    '/dev/null',
    '/',
    '/home/u1000',
    '0',
    'root',
    '022',
    '99',
    '50%',
    'kill',
    'soft,kill',
    'stop',
    '',
    "'w",
    '--',
  ),
)

const option = fc
  .tuple(fc.constantFrom(...optionNames), fc.constantFrom('', ':1', ':w1', ':1-2', ':w1,w2', ':,'), value)
  .chain(([name, selector, text]) =>
    fc.constantFrom([`${name}${selector}=${text}`], [`${name}${selector}`, text], [`${name}${selector}`]),
  )

/** Also where they are asked of a verb, or of none. */
const asking = fc.constantFrom(...ASKING, 'help', 'worker')

/** So that some lines come as far as a process. */
const worker = fc.constantFrom(
  [],
  ['w1', '--cmd=/usr/bin/w'],
  ['w1', 'w2', '--kind=command', '--cmd', '/usr/bin/w'],
  ['w1', '-A', 'tasks'],
  ['w1', '-A', './app.mjs'],
)

const verbLine = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...verbNames, 'start', 'start', 'restart', 'stopwait') },
      { weight: 1, arbitrary: letters },
    ),
    worker,
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: node.map((one) => [one]) },
        { weight: 4, arbitrary: option },
        { weight: 4, arbitrary: letters.map((one) => [one]) },
        { weight: 1, arbitrary: asking.map((one) => [one]) },
      ),
      { maxLength: 4 },
    ),
  )
  .map(([verb, words, more]) => [verb, ...words, ...more.flat()])

const hostNames = [
  '--pool-child',
  ...Object.entries(hostOptions).flatMap(([long, rule]) => [
    'short' in rule ? `-${rule.short}` : `--${long}`,
    `--${long}`,
  ]),
]

/** `multi worker`, whose options are its own. */
const hostLine = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom(...hostNames, '--json', '--none', '-x'), value)
        .chain(([name, text]) => fc.constantFrom([`${name}=${text}`], [name, text], [name])),
      fc.constantFrom(['-A', './app.mjs'], ['-c', '2'], ['-P', 'prefork'], ['--'], ['--help'], ['--version'], ['w1']),
      letters.map((one) => [one]),
    ),
    { maxLength: 4 },
  )
  .map((words) => ['worker', ...words.flat()])

const line = fc.oneof({ weight: 9, arbitrary: verbLine }, { weight: 1, arbitrary: hostLine })

const defaultCommand = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  '/usr/bin/w',
  'celery -A tasks worker',
  'celery',
  '',
  "'w",
  '/none --x',
)

/** A world does not wait for the module loader. */
beforeAll(() => loadVerbs())

/** Words of the program's, not of the user's: exceptions, and values that somebody forgot to put into words. */
const RAW =
  /TypeError|RangeError|SyntaxError|ReferenceError|[Ii]nternal error|\bat .*\.[jt]s:\d|\[object |undefined|NaN/

const codes = (table: Readonly<Record<string, number>>): number[] => Object.values(table).filter((code) => code !== 70)

/** The documented ones: what the shell may be told, by any line. */
const CODES = [...codes(EXIT), ...codes(LSB)]

/** The exit code that follows from what was answered. */
function judgeCode(call: Called, code: number): void {
  expect(CODES).toContain(code)
  if (call.kind === 'host') expect(code).toBe(call.error === undefined ? EXIT.ok : EXIT.usage)
  if (call.kind === 'help') expect([EXIT.ok, EXIT.usage]).toContain(code)
  if (call.kind !== 'answer') return
  const { answer } = call
  if (answer.kind === 'failure') expect(code).toBe(REASONS[answer.failure.reason])
  if (['plans', 'list', 'arguments'].includes(answer.kind)) expect(code).toBe(EXIT.ok)
  if (answer.kind === 'status') expect(Object.values(LSB)).toContain(code)
  const failures = answer.kind === 'outcomes' ? answer.outcomes.filter(({ result }) => result === 'failed') : []
  if (failures.length > 0) expect(code).not.toBe(EXIT.ok)
}

/** In words, and once more as one JSON document, with the same exit code. */
async function judge(call: Called, typed: string): Promise<number> {
  const text = await said(call, false)
  judgeCode(call, text.code)
  // In the help it is the meaning of an exit code.
  const all = (text.out + text.err).replace('70 internal error', '')
  expect(RAW.test(all) && !RAW.test(typed) ? all : '').toBe('')
  const refused = text.code !== EXIT.ok && !(call.kind === 'answer' && ['status', 'nothing'].includes(call.answer.kind))
  expect(refused && all === '').toBe(false)
  if (call.kind === 'host') return text.code
  const json = await said(call, true)
  expect(json.code).toBe(text.code)
  expect(json.out).toBe(`${JSON.stringify(JSON.parse(json.out), null, 2)}\n`)
  return text.code
}

/** What kind of answer: all kinds must have been among them, or nothing was tried. */
function kindsOf(call: Called, code: number): string[] {
  if (call.kind !== 'answer') return [`${call.kind} ${code}`]
  const { answer } = call
  if (answer.kind === 'failure') return [answer.failure.reason]
  return answer.kind === 'outcomes' ? answer.outcomes.map(({ result }) => result) : [answer.kind]
}

const AMONG = 'help 0,help 2,host 0,host 2,usage,plans,status,list,arguments,started,already-down,stopped,failed'.split(
  ',',
)

/** One line for each kind of answer: chance alone leaves out one of them now and then. */
const EXAMPLES: [string[][], string | undefined][] = [
  [[['start', '-B', '99'], ['start']], undefined],
  [[['get', 'w1@sim', 'w1']], undefined],
  [
    [
      ['show', 'w1'],
      ['names', 'w1'],
      ['status', 'w1'],
    ],
    '/usr/bin/w',
  ],
  [
    [
      ['start', 'w1'],
      ['stopwait', 'w1'],
      ['stopwait', 'w1'],
    ],
    '/usr/bin/w',
  ],
  [
    [
      ['start', 'w1'],
      ['kill', '-HUP'],
      ['start', 'w1'],
    ],
    '/none',
  ],
  [[['help'], ['help', 'none'], ['worker', '-A', './app.mjs', '-n', 'w1@sim'], ['worker', '--none']], undefined],
]

test('any command lines, one after the other on one machine: an answer in words and in JSON, never an exception', {
  timeout: 400_000,
}, async () => {
  const kinds = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 3 }), defaultCommand, async (lines, command) => {
      const world = machine()
      const env: Env = { ...PATHS, ...(command !== undefined && { MULTI_CMD: command }) }
      for (const argv of lines) {
        const system = world.system({ uid: 1000, cwd: HOME })
        world.after(PATIENCE_MS, () => world.interrupt(system))
        const call = await world.runUntil(called(system, argv, env))
        world.end(system)
        const code = await judge(call, [...lines.flat(), command].join(' '))
        for (const kind of kindsOf(call, code)) kinds.add(kind)
      }
    }),
    { numRuns: 2000, examples: EXAMPLES },
  )
  expect([...kinds]).toEqual(expect.arrayContaining(AMONG))
})

import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { findDirectories } from '../../../src/fleet/directories.ts'
import { grammarFor } from '../../../src/kinds/index.ts'
import type { AbsPath } from '../../../src/model/names.ts'
import { errorText, showText, statusText, usageText } from '../../../src/report/index.ts'
import { findVerb, parseLine, shellJoin } from '../../../src/spec/index.ts'
import { findVerbNamed, loadVerbs, verbNames } from '../../../src/verbs/index.ts'
import { checkSettings } from '../../../src/verbs/read-settings.ts'
import { settings } from '../../../src/verbs/settings.ts'
import type { Answer, Context } from '../../../src/verbs/verb.ts'
import { drains, type SimSystem, World } from '../../sim/index.ts'

const HOME = '/home/u1000' as AbsPath
const ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME }

/** Nobody waits longer than this for a worker that was told to stop in some way that does not end it. */
const PATIENCE_MS = 200_000

/** As src/cli.ts and src/cli/command.ts do it, on a simulated machine. */
async function called(system: SimSystem, argv: readonly string[]): Promise<Answer | 'help'> {
  const grammar = grammarFor(argv, settings)
  const { verb: word, rest } = findVerb(argv, grammar)
  const load = word === undefined ? undefined : findVerbNamed(word)
  if (!load) return 'help'
  const verb = await load()
  const directories = await findDirectories(system, ENV, HOME)
  const { run: runDirectory, log: logDirectory } = directories
  const facts = { hostname: system.self.hostname, cwd: HOME, fleet: HOME, runDirectory, logDirectory }
  const parse = (words: readonly string[]) =>
    parseLine(words, grammar, facts, {
      takesSignal: verb.takesSignal ?? false,
      allowNoNodes: verb.nodesOptional ?? false,
      ...(verb.positional ? { positional: verb.positional } : {}),
    })
  const read = parse(rest)
  if (!read.ok) return { kind: 'failure', failure: read.error }
  const wrong = checkSettings(read.value.settings, verb.name)
  if (wrong) return { kind: 'failure', failure: wrong }
  const reread: Context['reread'] = (nodes, options) => parse([...nodes, ...rest, ...options])
  const own = {
    node: '/usr/bin/node' as AbsPath,
    multi: '/usr/bin/multi' as AbsPath,
    bridge: '/usr/lib/bridge' as AbsPath,
  }
  return verb.run({
    system,
    env: ENV,
    cwd: HOME,
    fleet: HOME,
    directories,
    ...own,
    line: read.value,
    reread,
    emit: () => undefined,
  })
}

/** What the user reads of it; rendering may fail as well. */
function told(answer: Answer | 'help'): string {
  if (answer === 'help') return 'help'
  const quote = shellJoin
  switch (answer.kind) {
    case 'failure':
      return answer.failure.reason === 'usage' ? usageText(answer.failure) : errorText(answer.failure)
    case 'outcomes':
      return answer.outcomes.map((one) => (one.result === 'failed' ? errorText(one.failure) : one.result)).join('\n')
    case 'plans':
      return showText(answer.plans, { quote, verbose: true })
    case 'status':
      return statusText(answer.rows, { quote, color: false, verbose: true })
    case 'list':
      return answer.items.join('\n')
    case 'arguments':
      return shellJoin(answer.argv)
    case 'nothing':
      return ''
  }
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

/** So that some lines come as far as a process. */
const worker = fc.constantFrom(
  [],
  ['w1', '--cmd=/usr/bin/w'],
  ['w1', 'w2', '--kind=command', '--cmd', '/usr/bin/w'],
  ['w1', '-A', 'tasks'],
  ['w1', '-A', './app.mjs'],
)

const line = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...verbNames, 'start', 'start', 'restart', 'stopwait') },
      { weight: 1, arbitrary: letters },
    ),
    worker,
    fc.array(
      fc.oneof(
        node.map((one) => [one]),
        option,
        letters.map((one) => [one]),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([verb, words, more]) => [verb, ...words, ...more.flat()])

/** A world does not wait for the module loader. */
beforeAll(() => loadVerbs())

/** Words of the program's, not of the user's: exceptions, and values that somebody forgot to put into words. */
const RAW = /TypeError|RangeError|\bat .*\.ts:\d|\[object |undefined|NaN/

/** What kind of answer: all kinds must have been among them, or nothing was tried. */
function kindsOf(answer: Answer | 'help'): string[] {
  if (answer === 'help') return ['help']
  if (answer.kind === 'failure') return [answer.failure.reason]
  return answer.kind === 'outcomes' ? answer.outcomes.map(({ result }) => result) : [answer.kind]
}

const AMONG = ['help', 'usage', 'plans', 'status', 'list', 'arguments', 'started', 'already-down', 'stopped', 'failed']

test('any command lines, one after the other on one machine: an answer in words, never an exception', {
  timeout: 400_000,
}, async () => {
  const kinds = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 3 }), async (lines) => {
      const world = machine()
      for (const argv of lines) {
        const system = world.system({ uid: 1000, cwd: HOME })
        world.after(PATIENCE_MS, () => world.interrupt(system))
        const answer = await world.runUntil(called(system, argv))
        world.end(system)
        for (const kind of kindsOf(answer)) kinds.add(kind)
        const text = told(answer)
        expect(RAW.test(text) && !RAW.test(argv.join(' ')) ? text : '').toBe('')
        expect(text !== '' || (answer !== 'help' && answer.kind !== 'failure')).toBe(true)
      }
    }),
    { numRuns: 2000, examples: [[[['start', '-B', '99'], ['start']]]] },
  )
  expect([...kinds]).toEqual(expect.arrayContaining(AMONG))
})

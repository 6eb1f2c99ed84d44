import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'

/** The same each time; what the unit test of any command lines finds, it finds with others each time. */
const SEED = 20_261_127
const LINES = 60
const AT_ONCE = 4

/** argv holds no NUL. */
const letters = fc.string({ unit: fc.constantFrom(...Array.from('aw1-:=,@%niIhd/.\'"~ \\$\n\té💥')), maxLength: 10 })

const word = fc.oneof(
  fc.constantFrom(
    'w1',
    'w2',
    '3',
    'w1@h',
    '1-3',
    '*',
    '%n',
    '0',
    '99999999',
    '',
    '--',
    '-A',
    './app.mjs',
    '--kind=app',
  ),
  fc.constantFrom(
    '--json',
    '--verbose',
    '--quiet',
    '--all',
    '--fleet=/',
    '--fleet',
    '--none',
    '--stats',
    '-TERM',
    '-9',
  ),
  fc.constantFrom(
    '--cmd=/bin/true',
    "--cmd='",
    '--pidfile=%n.pid',
    '--pidfile=/dev/null',
    '--timeout=1',
    '-Q:1-2',
    '-c:w1',
  ),
  fc.constantFrom('--help', '--version', '-h', 'help', 'celery'),
  letters,
)

/** Nothing was ever started, so that none of these does anything. */
const verb = fc.constantFrom('show', 'names', 'expand', 'get', 'status', 'stop', 'stopwait', 'quiet', 'help', 'no-verb')

/** Behind the verb it is nothing's value. */
const asked = fc.constantFrom([], ['--json'])

/** Refused whatever stands beside it. */
const wrong = fc.constantFrom(
  ['--concurrency=x'],
  ['-P', 'threads'],
  ['--umask=9'],
  ['-l', 'loud'],
  ['--max-tasks-per-child', '3'],
  ['--autoscale=2,9,1'],
  ['--pool-child=x'],
  ['--none'],
  ['--app'],
  ['w1'],
)

const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(verb, asked, fc.array(word, { maxLength: 4 }))
      .map(([first, json, more]) => [first, ...json, ...more]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom([], ['-A', './app.mjs'], ['-c', '2']), wrong)
      .map(([more, last]) => ['worker', ...more, ...last]),
  },
)

const environment = fc.constantFrom<NodeJS.ProcessEnv>({}, {}, { MULTI_CMD: '/bin/true' }, { MULTI_CMD: "'" })

/** All that README and multi(1) list, and those of `status`; not 70, which is a bug. */
const CODES = [0, 1, 2, 3, 4, 5, 6, 75, 124, 130]

const EXCEPTION =
  /(Type|Range|Syntax|Reference)Error|[Ii]nternal error|^ +at .+:\d+:\d+\)?$|\[object |\bundefined\b|\bNaN\b/m

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function judge(rig: Rig, words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await rig.multi({ env }, ...words)
  const said = `${words.join(' ')}: ${code}\n${stdout}${stderr}`
  const wrong = {
    'this exit code is not documented': !CODES.includes(code ?? -1),
    // In the help it is the meaning of an exit code.
    'an exception is told': EXCEPTION.test(said.replace('70 internal error', '')),
    'refused without a word': code === 2 && stderr === '',
    'not refused': words[0] === 'worker' && code !== 2,
    'not one JSON document': words[1] === '--json' && !isJson(stdout),
  }
  expect(Object.entries(wrong).flatMap(([what, is]) => (is ? [`${what}: ${said}`] : []))).toEqual([])
  return `${words[0]} ${code}`
}

/** Or nothing was tried. */
const AMONG = ['names 0', 'show 0', 'get 0', 'status 2', 'stop 0', 'show 2', 'stop 2', 'help 2', 'worker 2']

test('any lines that start nothing: an exit code that is documented, and never an exception', async (context) => {
  const rig = rigFor(context)
  const waiting = fc.sample(fc.tuple(line, environment), { seed: SEED, numRuns: LINES })
  const answers = new Set<string>()
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) answers.add(await judge(rig, ...next))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  expect([...answers]).toEqual(expect.arrayContaining(AMONG))
})

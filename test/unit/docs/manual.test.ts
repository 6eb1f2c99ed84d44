import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hostSummaries } from '../../../src/cli/host-summaries.ts'
import { manual } from '../../../src/cli/manual.ts'
import { celeryOptions } from '../../../src/kinds/celery/options.ts'
import { PLACE, SHARED } from '../../../src/kinds/rules.ts'
import { EXIT, LSB } from '../../../src/model/exit-code.ts'
import { REASONS } from '../../../src/model/failure.ts'
import type { NodeState } from '../../../src/model/state.ts'
import type { OptionRule } from '../../../src/spec/grammar.ts'
import { managerOptions } from '../../../src/spec/manager.ts'
import { findVerbNamed, loadVerbs, verbNames } from '../../../src/verbs/index.ts'
import { managerSummaries } from '../../../src/verbs/manager-summaries.ts'
import { settings, type VerbName } from '../../../src/verbs/settings.ts'
import type { AppContext } from '../../../src/worker/context.ts'
import { hostOptions } from '../../../src/worker/options.ts'
import { SIGNALS } from '../../../src/worker/signals.ts'
import { ManPage, optionsOf } from './man-page.ts'

const root = new URL('../../../', import.meta.url)
const man = new ManPage(new URL('man/multi.1', root))

const source = ['src', 'bin']
  .map((folder) => fileURLToPath(new URL(folder, root)))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .filter((path) => /\.[jt]s$/.test(path))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n')

const names = (rules: readonly OptionRule[]): string[] => rules.flatMap((rule) => [...rule.names])

const hostNames = Object.entries(hostOptions).flatMap(([long, rule]) => [
  `--${long}`,
  ...('short' in rule ? [`-${rule.short}`] : []),
])

/** What multi does itself for a node of any kind. */
const ofTheNode = [...managerOptions.filter(({ names: [name] }) => name in managerSummaries), SHARED.app, ...PLACE]

/** A table that does not compile when a state is added or goes. */
const STATES = Object.keys({
  stopped: true,
  stale: true,
  starting: true,
  running: true,
  quiet: true,
  draining: true,
  orphaned: true,
  foreign: true,
  unknown: true,
} satisfies Record<NodeState['state'], true>)

/** A table that does not compile when the object that an app's function gets has another member. */
const CONTEXT = Object.keys({
  name: true,
  queues: true,
  concurrency: true,
  logLevel: true,
  pool: true,
  child: true,
  args: true,
  signal: true,
  log: true,
  job: true,
  jobs: true,
  reserved: true,
  backlog: true,
  onQuiet: true,
  onResume: true,
} satisfies Record<keyof AppContext, true>)

/** Read by multi, but nothing to set: from the shell, between Node processes, between multi and its bridge. */
const NOT_FOR_USERS = new Set(['PWD', 'NODE_CHANNEL_FD', 'NODE_OPTIONS', 'MULTI_BRIDGE_PROBE'])

const readBySource = new Set(
  [...source.matchAll(/\benv\['([A-Z_]+)'\]|process\.env\['([A-Z_]+)'\]|\b(MULTI_[A-Z_]+|SPT_NOENV|C_FAKEFORK)\b/g)]
    .map(([, a, b, c]) => a ?? b ?? c ?? '')
    .filter((name) => !NOT_FOR_USERS.has(name) && !name.endsWith('_')),
)

describe('the man page', () => {
  test('has the sections of a manual, in their order', () => {
    expect(man.sections).toEqual([
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'COMMANDS',
      'OPTIONS',
      'NODE SPECS',
      'WHAT A NODE RUNS',
      'ENVIRONMENT',
      'FILES',
      'SIGNALS',
      'EXIT STATUS',
      'EXAMPLES',
      'DIAGNOSTICS',
      'SEE ALSO',
      'CAVEATS',
    ])
  })

  test('describes every verb, and no other', () => {
    const described = man.items('COMMANDS').flatMap((item) => /^Cm (\S+)/.exec(item)?.[1] ?? [])
    expect(described.toSorted()).toEqual([...verbNames, 'stop_verify', 'worker', 'help'].toSorted())
  })

  test('says of each verb whether it takes a signal', async () => {
    for (const verb of await loadVerbs()) {
      const item = man.items('COMMANDS').find((one) => one.startsWith(`Cm ${verb.name} `)) ?? ''
      // kill takes -KILL, which says nothing that its name does not.
      expect([verb.name, item.includes('Fl Ar SIG')]).toEqual([verb.name, verb.usage.includes('[-SIG]')])
    }
  })

  test.each([
    ['Options of multi', names(settings)],
    ['Names and files of the nodes', names(ofTheNode.filter(({ names: [name] }) => isNaming(name)))],
    ['What the nodes run', names(ofTheNode.filter(({ names: [name] }) => !isNaming(name)))],
    ['Options of an app worker', hostNames],
  ])('lists under "%s" what its table holds, and nothing else', (title, expected) => {
    const listed = man.items(title).flatMap(optionsOf)
    expect(new Set(listed)).toEqual(new Set(expected))
    expect(new Set(listed).size).toBe(listed.length)
  })

  test('calls the value of each option as help does', () => {
    const items = [
      'Options of multi',
      'Names and files of the nodes',
      'What the nodes run',
      'Options of an app worker',
    ].map((title) => man.items(title))
    const placeholders = [
      settings.map((setting) => [setting.names[0], setting.placeholder] as const),
      ofTheNode.map((rule) => [rule.names[0], managerSummaries[rule.names[0]]?.placeholder] as const),
      Object.entries(hostSummaries).map(([long, { placeholder }]) => [`--${long}`, placeholder] as const),
    ] as const
    const check = (list: readonly string[], rows: readonly (readonly [string, string | undefined])[]) => {
      for (const [name, placeholder] of rows) {
        const item = list.find((one) => optionsOf(one).includes(name))
        expect([name, /Ar (\S+)$/.exec(item ?? '')?.[1]]).toEqual([name, placeholder?.toLowerCase()])
      }
    }
    check(items[0] ?? [], placeholders[0])
    check([...(items[1] ?? []), ...(items[2] ?? [])], placeholders[1])
    check(items[3] ?? [], placeholders[2])
  })

  test('names no option that no table has', () => {
    const known = new Set([
      ...names(settings),
      ...names(managerOptions),
      ...names(celeryOptions),
      ...hostNames,
      '--help',
      '--version',
      // Placeholders of the grammar, in the texts that explain it.
      '--option',
    ])
    const named = man.lines.flatMap(optionsOf)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })

  test('describes every environment variable that the source reads or sets, and no other', () => {
    const described = man
      .items('ENVIRONMENT')
      .flatMap((item) => item.replace(/^Ev /, '').split(' , '))
      .filter((name) => /^[A-Z_]+$/.test(name))
    expect([...readBySource].filter((name) => !described.includes(name))).toEqual([])
    expect(described.filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([])
  })

  test('describes every state of a node, and no other', () => {
    const described = man.items('Node states').map((item) => item.replace('Ql ', ''))
    expect(described.toSorted()).toEqual(STATES.toSorted())
  })

  test('says of every signal that an app worker handles what it does, and of no other', () => {
    const listed = man.items('SIGNALS')
    expect(listed.toSorted()).toEqual(Object.keys(SIGNALS).toSorted())
  })

  test.each([
    ['the manual', () => man.section('WHAT A NODE RUNS').join(' ')],
    ['help', () => manual('worker', 80)],
    ['the page of the examples', () => readFileSync(new URL('examples/README.md', root), 'utf8')],
  ])('%s names all that the function of an app gets', async (_, read) => {
    const text = await read()
    expect(CONTEXT.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([])
  })

  test('lists every exit code, and no other', () => {
    const listed = man
      .items('EXIT STATUS')
      .filter((item) => /^\d+$/.test(item))
      .map(Number)
    expect(listed).toEqual(Object.values(EXIT).toSorted((a, b) => a - b))
    const text = man.section('EXIT STATUS').join(' ')
    for (const code of Object.values(LSB)) expect(text).toMatch(new RegExp(`\\b${code} if|exits ${code} if`))
  })

  test('lists every reason of a failure with its exit code, and no other', () => {
    const listed = man.items('Reasons of failures').map((item) => /^Ql (\S+) Ta (\d+)$/.exec(item)?.slice(1))
    expect(Object.fromEntries(listed.map((pair) => [pair?.[0], Number(pair?.[1])]))).toEqual(REASONS)
  })
})

function isNaming(name: string): boolean {
  return ['--pidfile', '--logfile', '--hostname', '--prefix', '--suffix', '--range-prefix'].includes(name)
}

/** `  -q, --quiet   …` → both. */
const optionsIn = (help: string): string[] =>
  help.split('\n').flatMap((line) => /^ {2}( {4}|-\w, )--[a-z-]+/.exec(line)?.[0].match(/--?[\w-]+/g) ?? [])

describe('help', () => {
  test('lists every verb and every option, and nothing else', async () => {
    const help = await manual(undefined, 100)
    const verbs = [...help.matchAll(/^ {2}multi (\S+)/gm)].map(([, name]) => name)
    expect(verbs).toEqual([...verbNames, 'worker', 'help'])
    expect(optionsIn(help).toSorted()).toEqual([...names(settings), ...names(ofTheNode)].toSorted())
  })

  test('of a verb lists the options that it takes, and nothing else', async () => {
    for (const name of verbNames) {
      const help = await manual(name as VerbName, 100)
      const own = help.slice(help.indexOf('Options of multi:'), help.indexOf('Names and files of the nodes:'))
      const taken = settings.filter(({ verbs }) => verbs.includes(name as VerbName))
      expect([name, optionsIn(own).toSorted()]).toEqual([name, names(taken).toSorted()])
    }
  })

  test('of an app worker lists the options that the host reads, and nothing else', async () => {
    expect(optionsIn(await manual('worker', 100)).toSorted()).toEqual(hostNames.toSorted())
  })

  test('names the environment variables of multi and those that workers get', async () => {
    const help = await manual(undefined, 100)
    const general = new Set(['HOME', 'PATH', 'TERM', 'SUDO_USER'])
    expect([...readBySource].filter((name) => !general.has(name) && !help.includes(name))).toEqual([])
  })

  test('lists every exit code', async () => {
    const help = await manual(undefined, 100)
    const [, codes = ''] = /Exit codes: ([\s\S]*?)\n\n/.exec(help) ?? []
    expect([...codes.matchAll(/\b\d+\b/g)].map(Number)).toEqual(Object.values(EXIT).toSorted((a, b) => a - b))
    const [, ofStatus = ''] = /Exit codes of status: ([\s\S]*?)\n\n/.exec(help) ?? []
    expect([...ofStatus.matchAll(/\b\d+\b/g)].map(Number)).toEqual(Object.values(LSB))
  })

  test('fits into 80 columns where there are no more', async () => {
    for (const topic of [undefined, 'worker', ...verbNames] as const) {
      const wide = (await manual(topic as VerbName, 80)).split('\n').filter((line) => line.length > 80)
      expect([topic, wide]).toEqual([topic, []])
    }
  })

  test('breaks no line of its last paragraphs', async () => {
    const help = (await manual(undefined, 80)).split('\n')
    const long = (await manual(undefined, 100)).split('\n')
    const from = (lines: readonly string[]) => lines.slice(lines.findIndex((line) => line.startsWith('-A proj')))
    expect(from(help)).toEqual(from(long))
  })

  test('says of every option what it does', () => {
    const all = [...settings.map(({ summary }) => summary), ...Object.values(managerSummaries).map(({ text }) => text)]
    expect(all.filter((text) => text.length < 5 || /[.]$/.test(text))).toEqual([])
  })
})

test('no message about a failure suggests an option that is not there', () => {
  const wording = readFileSync(new URL('src/report/wording.ts', root), 'utf8')
  const known = new Set([...names(settings), ...names(managerOptions)])
  expect(
    [...wording.matchAll(/ (--[a-z-]+)/g)].map(([, name]) => name ?? '').filter((name) => !known.has(name)),
  ).toEqual([])
})

test('every verb that the manual describes is one that multi knows', () => {
  for (const name of [...verbNames, 'stop_verify']) expect(findVerbNamed(name)).toBeDefined()
})

import type Yargs from 'yargs'
import { PLACE, SHARED } from '../kinds/rules.ts'
import type { OptionRule } from '../spec/grammar.ts'
import { MANAGER } from '../spec/manager.ts'
import { loadVerbs } from '../verbs/index.ts'
import { managerSummaries } from '../verbs/manager-summaries.ts'
import { type Setting, settings, type VerbName } from '../verbs/settings.ts'
import type { Verb } from '../verbs/verb.ts'
import { hostOptions } from '../worker/options.ts'
import { hostSummaries } from './host-summaries.ts'
import { EPILOGUE, HOST_EPILOGUE, STATUS_EPILOGUE, VERB_EPILOGUE } from './manual-texts.ts'

interface Shown {
  readonly names: readonly string[]
  readonly summary: string
  readonly placeholder?: string | undefined
}

interface Section {
  readonly title: string
  readonly options: readonly Shown[]
}

/** Wider lines are hard to read; a pipe has no width. */
const WIDEST = 100

const bare = (name: string): string => name.replace(/^-+/, '')

const summarized = (rules: readonly OptionRule[]): Shown[] =>
  rules.flatMap(({ names }) => {
    const summary = managerSummaries[names[0]]
    return summary ? [{ names, summary: summary.text, placeholder: summary.placeholder }] : []
  })

const NAMES = summarized([MANAGER.hostname, MANAGER.prefix, MANAGER.suffix, MANAGER.rangePrefix])
const FILES = summarized([MANAGER.pidfile, MANAGER.logfile])
const RUNNING = summarized([SHARED.app, MANAGER.cmd, MANAGER.append, MANAGER.executable, MANAGER.kind, ...PLACE])

/** Verbs that need to know what a node runs; the others find it by its pidfile, or only print. */
const PLANNING: ReadonlySet<VerbName> = new Set(['start', 'restart', 'show', 'get'])

function sectionsOf(verb: Verb | undefined): Section[] {
  const own = settings.filter(({ verbs }) => !verb || verbs.includes(verb.name))
  const all = [
    { title: 'Options of multi:', options: own.map((setting: Setting): Shown => setting) },
    { title: 'Names and files of the nodes:', options: [...FILES, ...NAMES] },
  ]
  return !verb || PLANNING.has(verb.name) ? [...all, { title: 'What the nodes run:', options: RUNNING }] : all
}

type Page = ReturnType<typeof Yargs>

/** Of an empty page: the columns are all that the pages have in common. */
type Begin = (usage: string, epilogue: string) => Page

const beginFor =
  (yargs: typeof Yargs, columns: number): Begin =>
  (usage, epilogue) =>
    yargs([])
      .scriptName('multi')
      .locale('en')
      .wrap(Math.min(WIDEST, columns))
      .help(false)
      .version(false)
      .usage(usage)
      .epilogue(epilogue)

const withSections = (start: Page, sections: readonly Section[]): Page =>
  sections.reduce(
    (cli, { title, options }) =>
      options.reduce((more, { names, summary, placeholder }) => {
        const [long = '', ...others] = names.map(bare)
        const describe = placeholder === undefined ? summary : `${placeholder}: ${summary}`
        return more.option(long, { alias: others, describe, group: title })
      }, cli),
    start,
  )

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function wholePage(verbs: readonly Verb[], begin: Begin): Page {
  const usage =
    'multi VERB [NODE…|N] [OPTIONS] [WORKER OPTIONS] [-- ARGUMENTS]\n\nStarts, watches and stops worker processes.'
  const cli = verbs.reduce((more, { name, summary }) => more.command(name, summary), begin(usage, EPILOGUE))
  return withSections(
    cli
      .command('worker', 'run one JavaScript app in this process: what start uses')
      .command('help [VERB]', 'print this page, or that of one verb'),
    sectionsOf(undefined),
  )
}

function verbPage(verb: Verb, begin: Begin): Page {
  const usage = `multi ${verb.name} ${verb.usage}\n\n${sentence(verb.summary)}`
  const epilogue = verb.name === 'status' ? STATUS_EPILOGUE : VERB_EPILOGUE
  return withSections(begin(usage, epilogue), sectionsOf(verb))
}

function hostPage(begin: Begin): Page {
  const usage =
    'multi worker -A MODULE[:EXPORT] [OPTIONS] [-- ARGUMENTS]\n\nRuns one JavaScript or TypeScript app in this process.'
  const options = Object.entries(hostOptions).map(([long, rule]): Shown => {
    const short = 'short' in rule ? [rule.short] : []
    return { names: [long, ...short], ...hostSummaries[long as keyof typeof hostOptions] }
  })
  return withSections(begin(usage, HOST_EPILOGUE), [{ title: 'Options of an app worker:', options }])
}

/** The help text, from the tables of verbs and options, laid out by yargs. */
export async function manual(topic: VerbName | 'worker' | undefined, columns: number): Promise<string> {
  const [{ default: yargs }, verbs] = await Promise.all([import('yargs'), loadVerbs()])
  const begin = beginFor(yargs, columns)
  const verb = verbs.find(({ name }) => name === topic)
  const page = topic === 'worker' ? hostPage(begin) : verb ? verbPage(verb, begin) : wholePage(verbs, begin)
  return page.getHelp()
}

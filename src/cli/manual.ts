import yargs from 'yargs'
import { managerOptions } from '../spec/manager.ts'
import { loadVerbs } from '../verbs/index.ts'
import { managerSummaries } from '../verbs/manager-summaries.ts'
import { settings } from '../verbs/settings.ts'

const EPILOGUE = `Options for the worker are handed on. Behind a selector an option is for some nodes only:
  -c:1 9   -Q:1-3 images,video   -L:4,5 debug   --queues:w1=mail
Templates in --pidfile, --logfile, --cmd, --append and values: %n name, %h full name, %d host, %i %I pool index, %% percent.
Workers: -A proj is a Python Celery app, -A ./app.mjs a JavaScript one, --cmd 'PROGRAM ARGS' any command.

Exit codes: 0 every node reached what was asked; 1 some did not; 2 usage; 4 permission; 5 program or module not found;
6 bad configuration; 70 internal error; 75 locked; 124 time limit; 130 interrupted.
status: 0 running; 1 dead, pidfile or group left; 3 stopped; 4 unknown.

The whole manual: man multi`

const bare = (name: string): string => name.replace(/^-+/, '')

type Shown = readonly [names: readonly string[], summary: string, placeholder: string | undefined]

/** The help text, from the tables of verbs and options, laid out by yargs. */
export async function manual(topic: string | undefined, columns: number): Promise<string> {
  const verbs = await loadVerbs()
  const verb = verbs.find(({ name }) => name === topic)
  let cli = yargs([])
    .scriptName('multi')
    .locale('en')
    .wrap(Math.min(110, columns))
    .help(false)
    .version(false)
    .usage(
      verb
        ? `multi ${verb.name} ${verb.usage}\n\n${verb.summary}`
        : 'multi VERB [NODE…|N] [OPTIONS] [WORKER OPTIONS] [-- ARGUMENTS]',
    )
    .epilogue(EPILOGUE)
  if (!verb) for (const { name, summary } of verbs) cli = cli.command(name, summary)
  const add = (group: string, [names, summary, placeholder]: Shown): void => {
    const [long = '', ...others] = names.map(bare)
    const written = placeholder === undefined ? summary : `${placeholder}: ${summary}`
    cli = cli.option(long, { alias: others, describe: written, group })
  }
  for (const setting of settings) {
    if (!verb || setting.verbs.includes(verb.name))
      add('Options of multi:', [setting.names, setting.summary, setting.placeholder])
  }
  for (const { names } of managerOptions) {
    const summary = managerSummaries[names[0]]
    if (summary) add('Nodes and what they run:', [names, summary.text, summary.placeholder])
  }
  return cli.getHelp()
}

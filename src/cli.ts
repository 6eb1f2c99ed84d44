import { runVerb } from './cli/command.ts'
import { reportShortage } from './cli/shortage.ts'
import { grammarFor } from './kinds/grammar.ts'
import { EXIT } from './model/exit-code.ts'
import { findVerb } from './spec/verb.ts'
import { findVerbNamed } from './verbs/index.ts'
import { settings } from './verbs/settings.ts'

const ASKING = new Set(['--help', '-h', '--version'])

/** The composition root: picks the verb, and answers the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  // Behind `worker` all is the host's to read, but a wish for help.
  if (argv[0] === 'worker' && !ASKING.has(argv[1] ?? ''))
    return (await import('./worker/main.ts')).runWorker(argv.slice(1))
  const grammar = grammarFor(argv, settings, process.env['MULTI_CMD'])
  const { verb: word, rest } = findVerb(argv, grammar)
  const load = word === undefined ? undefined : findVerbNamed(word)
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  if (!load || own.some((argument) => ASKING.has(argument))) {
    return (await import('./cli/help.ts')).help(word, own)
  }
  return runVerb(await load(), rest, grammar)
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
    // All that a verb does is done and written, and taking down the heap takes time. An app may still have something to do.
    // oxlint-disable-next-line unicorn/no-process-exit
    if (process.argv[2] !== 'worker') process.exit()
  },
  async (error: unknown) => {
    const short = await reportShortage(error, process.argv.slice(2))
    if (short !== undefined) {
      process.exitCode = short
      return
    }
    // Expected failures are values: what arrives here is a bug, and its stack is what a report of it needs.
    process.stderr.write(
      `multi: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    process.exitCode = EXIT.internal
    // What a worker has open would keep it alive, and nobody in it listens any more.
    // oxlint-disable-next-line unicorn/no-process-exit
    if (process.argv[2] === 'worker') process.exit()
  },
)

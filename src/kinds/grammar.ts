import type { Grammar, OptionRule } from '../spec/grammar.ts'
import { lookupIn } from '../spec/lookup.ts'
import { type GivenOption, readOption } from '../spec/option.ts'
import { splitWords } from '../spec/quote.ts'
import { isCeleryWorker } from './celery/command.ts'
import { celeryOptions } from './celery/options.ts'
import { commandOptions } from './command/options.ts'

/** Celery's table knows every option of an app too. */
const workerGrammar = (settings: readonly OptionRule[]): Grammar => ({
  options: [...settings, ...celeryOptions],
  unknownRepeat: 'last',
})

const commandGrammar = (settings: readonly OptionRule[]): Grammar => ({
  options: [...settings, ...commandOptions],
  unknownRepeat: 'all',
})

/** The options before `--`, as the grammar of a worker reads them. A wrong one is the parser's business, not ours. */
function* optionsIn(argv: readonly string[], grammar: Grammar): Generator<GivenOption> {
  const lookup = lookupIn(grammar)
  const words = argv.filter((argument) => argument !== '')
  for (let at = 0; at < words.length && words[at] !== '--'; at += 1) {
    const read = words[at]?.startsWith('-') ? readOption(words[at] ?? '', words[at + 1], lookup) : undefined
    if (!read?.ok) continue
    yield* read.value.options
    at += read.value.used - 1
  }
}

/** The value that holds for every node; one behind a selector (`--cmd:1=`) does not make a whole line a command. */
const forAll = (options: readonly GivenOption[], name: string): string | undefined =>
  options.findLast((option) => option.key === name && option.selector === undefined)?.value

function runsCommand(cmd: string | undefined): boolean {
  const words = cmd === undefined ? undefined : splitWords(cmd)
  return words?.ok === true && words.value.length > 0 && !isCeleryWorker(words.value)
}

/**
 * By which rules a command line is read: those of Celery and apps, or those of a command, whose options nobody knows.
 * By syntax alone. `defaultCmd` is MULTI_CMD.
 */
export function grammarFor(argv: readonly string[], settings: readonly OptionRule[], defaultCmd?: string): Grammar {
  const worker = workerGrammar(settings)
  const options = [...optionsIn(argv, worker)]
  const kind = forAll(options, '--kind')
  const isCommand = kind === undefined ? runsCommand(forAll(options, '--cmd') ?? defaultCmd) : kind === 'command'
  if (isCommand) return commandGrammar(settings)
  // Of one node, a repetition that is meant must not be lost; one too many a worker of Celery refuses by itself.
  const isOfOne = ({ key, selector, value }: GivenOption) =>
    key === '--cmd' && selector !== undefined && runsCommand(value)
  return kind === undefined && options.some(isOfOne) ? { ...worker, unknownRepeat: 'all' } : worker
}

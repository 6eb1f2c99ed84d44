import type { OptionRule } from '../../src/spec/grammar.ts'
import type { Answer } from './differential-oracle.ts'

/** One command line with both answers. */
export interface Case {
  readonly argv: readonly string[]
  /** Options before `--`, with the next argument. */
  readonly options: readonly {
    readonly name: string
    readonly selector?: string
    readonly typed: string
    readonly next?: string
  }[]
  readonly words: readonly string[]
  readonly refused?: string
  readonly celery: Answer
  readonly rule: (name: string) => OptionRule | undefined
}

/** A way in which the answers may differ. `ours`: what multi must have done then. */
interface Difference {
  readonly name: string
  readonly ours: 'refused' | 'accepted'
  readonly applies: (line: Case) => boolean
  /** The list of nodes itself may differ. */
  readonly otherNodes?: true
}

const refusal = (name: string, message: RegExp): Difference => ({
  name,
  ours: 'refused',
  applies: ({ refused = '' }) => message.test(refused),
})

const acceptance = (name: string, applies: Difference['applies'], otherNodes?: true): Difference => ({
  name,
  ours: 'accepted',
  applies,
  ...(otherNodes && { otherNodes }),
})

const bare = (word: string | undefined): boolean => word !== undefined && !word.startsWith('-')
const isRange = ({ words }: Case): boolean => words.length === 1 && /^\d+$/.test(words[0] ?? '')
const selectors = ({ options }: Case): readonly string[] => options.flatMap(({ selector }) => selector ?? [])

/** Two spellings of one option that Celery keeps apart. */
const mixesSpellings = ({ options, rule }: Case): boolean =>
  options.some((one) =>
    options.some(
      (other) => one.name !== other.name && rule(one.name) !== undefined && rule(one.name) === rule(other.name),
    ),
  )

/** celery-multi.md §4, as far as it is about reading a command line; the first that applies counts. */
export const DIFFERENCES: readonly Difference[] = [
  refusal('a selector that selects nothing', /no node is called|no node has the position|runs backwards/),
  refusal('two nodes of one name or pidfile', /named twice|have one pidfile/),
  refusal('one file for pidfile and log', /would be (?:pidfile and log|the pidfile) of/),
  refusal('an unknown %x', /^.*: %\w is unknown/),
  refusal('the name of a node as an option', /is what stands behind the @|for the whole command/),
  refusal('an unknown long option before a bare word', /is not known, so .* behind it/),
  refusal('a name with / or .., or one meant for several nodes', /a node name cannot contain/),
  refusal('an option without its value', /needs a value|takes no value|does not name a file/),
  refusal('no nodes', /no node is named|nodes cannot be meant/),
  acceptance(
    'a flag of the worker swallows the next word',
    ({ options, rule }) =>
      options.some(({ name, next, typed }) => /^-[^-]/.test(typed) && rule(name)?.arity === 'flag' && bare(next)),
    true,
  ),
  acceptance(
    'a long option takes the next word',
    ({ options, rule }) =>
      options.some(({ name, next, typed }) => /^--[^=]+$/.test(typed) && rule(name)?.arity === 'value' && bare(next)),
    true,
  ),
  acceptance(
    'a value written behind its letter',
    ({ options }) => options.some(({ typed }) => /^-[cO][^:]/.test(typed)),
    true,
  ),
  acceptance('short and long form are one option', mixesSpellings),
  acceptance('two -I are joined', ({ options }) => options.filter(({ name }) => name === '-I').length > 1),
  acceptance('%% is a percent sign', ({ argv }) => argv.some((argument) => argument.includes('%%'))),
  acceptance(
    'a range, or a position in a list, among named nodes',
    (line) => !isRange(line) && selectors(line).some((selector) => /(?:^|,)\d+(?:-\d|,)|,\d+$/.test(selector)),
  ),
  // Celery looks for the word as typed: `b@%h` is never found, `a@x` hides what was said of `a`.
  acceptance('the position of a node with a host', (line) =>
    selectors(line).some((selector) => /^\d+$/.test(selector) && line.words[Number(selector) - 1]?.includes('@')),
  ),
  acceptance(
    'a number that is a name',
    (line) =>
      !isRange(line) && selectors(line).some((selector) => /^\d+$/.test(selector) && line.words.includes(selector)),
  ),
  acceptance('the short name with its prefix', (line) =>
    selectors(line).some((selector) => !line.words.includes(selector) && /^celery\d+$/.test(selector)),
  ),
  acceptance('a full name, and the options of the short one stay', (line) =>
    selectors(line).some((selector) => selector.includes('@')),
  ),
  // With one node Celery takes any name with a dash in it for a range, even after `-c:1`.
  acceptance(
    'the name of a single node that has a dash',
    (line) => line.words.length === 1 && 'error' in line.celery && /int\(\)/.test(line.celery.error),
  ),
]

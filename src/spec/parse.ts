import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import { buildNode } from './build.ts'
import { collision, misspelled, misspelledOwn, sharedLogs } from './check.ts'
import { collect } from './collect.ts'
import type { Facts, Grammar } from './grammar.ts'
import type { ParsedLine } from './line.ts'
import { lookupIn } from './lookup.ts'
import { FILES, MANAGER, NAMING } from './manager.ts'
import { mergeOptions } from './merge.ts'
import { nameNodes } from './names.ts'
import type { GivenOption } from './option.ts'
import { type Read, readLine } from './read.ts'

export interface ParseOptions {
  /** `-SIG` is read; otherwise it is an option like any other. */
  readonly takesSignal: boolean
  /** No nodes means all recorded ones: the caller's business. */
  readonly allowNoNodes: boolean
  /** The first bare word is not a node. */
  readonly positional?: 'template' | 'name'
  /** No worker gets anything of this line: its options are read and left out. */
  readonly handsNothingOn?: boolean
}

/** Reads what stands behind the verb. */
export function parseLine(
  rest: readonly string[],
  grammar: Grammar,
  facts: Facts,
  options: ParseOptions,
): Result<ParsedLine & { positional?: string }, UsageError> {
  const lookup = lookupIn(grammar)
  const line = readLine(rest, lookup, options)
  if (!line.ok) return line
  const read = line.value
  const misspelt = options.handsNothingOn ? misspelledOwn(read.options, lookup, grammar) : undefined
  if (misspelt !== undefined) return err(misspelt)
  const missing = read.words.length === 0 ? noNodes(read, options) : undefined
  if (missing !== undefined) return err(missing)
  const named = nameNodes(read.words, read.options, facts)
  if (!named.ok) return named
  const merged = mergeOptions(named.value, read.options, grammar.unknownRepeat)
  if (!merged.ok) return merged
  const built = collect(
    named.value.map((node, at) => buildNode(node, at + 1, merged.value[at] ?? [], facts, read.passthrough)),
  )
  if (!built.ok) return built
  const twice = collision(built.value)
  if (twice !== undefined) return err(twice)
  return ok({
    nodes: built.value,
    settings: read.settings,
    warnings: [
      ...(grammar.unknownRepeat === 'last' && !options.handsNothingOn ? misspelled(read.options, lookup) : []),
      ...sharedLogs(built.value),
    ],
    hasWorkerOptions:
      read.passthrough.length > 0 || read.options.some(({ key }) => !FILES.has(key) && !NAMING.has(key)),
    namesLog: read.options.some(({ key }) => key === MANAGER.logfile.names[0]),
    ...(read.signal !== undefined && { signal: read.signal }),
    ...(read.positional !== undefined && { positional: read.positional }),
  })
}

/** Where no nodes would mean all of them, a node that was written in another way than as a plain word must not end that way. */
function noNodes(read: Read, { allowNoNodes, handsNothingOn }: ParseOptions): UsageError | undefined {
  const number = read.options.find(({ typed }) => /^-\d+$/.test(typed))
  if (number !== undefined) {
    const { typed } = number
    return usage(`${typed} is no number of nodes`, { argument: typed, hint: `write ${typed.slice(1)}` })
  }
  const swallowed = read.options.find((option) => option.guessed)
  if (swallowed !== undefined) {
    const { typed, value } = swallowed
    const hint = `if ${value} is a node, write it before the options`
    return usage(`no node is named: ${typed} is not known and takes ${value} as its value`, { argument: typed, hint })
  }
  const selecting = read.options.find(({ selector }) => selector !== undefined)
  if (selecting !== undefined) {
    const { typed, selector } = selecting
    return usage(`no node is named, so ${typed} selects none`, {
      argument: typed,
      hint: `name the nodes, as ${selector}`,
    })
  }
  if (allowNoNodes && read.hasEmpty) {
    const hint = 'leave it out where the whole fleet is meant'
    return usage('no node is named, and an empty argument names none', { argument: '', hint })
  }
  if (!allowNoNodes) return usage('no node is named', { hint: 'name the nodes, or write how many: start 3' })
  const idle = handsNothingOn ? nothingToTell(read) : read.options.find(ofNamedNodes)?.typed
  if (idle === undefined) return undefined
  const hint = 'write nodes as plain words, before the options; leave it out where the whole fleet is meant'
  return usage(`no node is named, and ${idle} alone names none`, { argument: idle, hint })
}

/** `stop -n w1`, `stop --name=w1`, `stop -- w1`: to leave these out would stop all. */
const nothingToTell = ({ options, passthrough }: Read): string | undefined =>
  options[0]?.typed ?? (passthrough.length > 0 ? '--' : undefined)

/** What is recorded has its name and its pidfile. Another log it may get, and other options, where the verb starts it. */
const ofNamedNodes = ({ key }: GivenOption): boolean => key === MANAGER.pidfile.names[0] || NAMING.has(key)

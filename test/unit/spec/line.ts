import { expect } from 'vitest'
import { celeryOptions } from '../../../src/kinds/celery/options.ts'
import type { UsageError } from '../../../src/model/failure.ts'
import type { NodeSpec, Opt } from '../../../src/model/spec.ts'
import type { Facts, Grammar } from '../../../src/spec/grammar.ts'
import { findVerb, type ParseOptions, parseLine } from '../../../src/spec/index.ts'

export const grammar: Grammar = {
  options: [
    { names: ['--json'], arity: 'flag', setting: true },
    { names: ['--timeout'], arity: 'value', setting: true },
    { names: ['--rolling'], arity: 'optional', setting: true },
    ...celeryOptions,
  ],
  unknownRepeat: 'last',
}

export const facts: Facts = {
  hostname: 'vm.example.org',
  cwd: '/srv/app',
  runDirectory: '/run/multi',
  logDirectory: '/var/log/multi',
  fleet: '/srv/app',
}

const VERBS: Readonly<Record<string, ParseOptions>> = {
  start: { takesSignal: false, allowNoNodes: false },
  show: { takesSignal: false, allowNoNodes: false },
  kill: { takesSignal: true, allowNoNodes: true, handsNothingOn: true },
  stop: { takesSignal: true, allowNoNodes: true, handsNothingOn: true },
  restart: { takesSignal: true, allowNoNodes: true },
  expand: { takesSignal: false, allowNoNodes: false, positional: 'template' },
  get: { takesSignal: false, allowNoNodes: false, positional: 'name' },
}

/** A whole command line, as typed behind `multi`. */
export function read(argv: readonly string[], how: Grammar = grammar) {
  const { verb = '', rest } = findVerb(argv, how)
  return parseLine(rest, how, facts, VERBS[verb] ?? { takesSignal: false, allowNoNodes: false })
}

/** Blanks split; arguments that contain some are written as arrays. */
export const words = (line: string | readonly string[]): readonly string[] =>
  typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line

export function accept(line: string | readonly string[], how?: Grammar) {
  const result = read(words(line), how)
  if (!result.ok) expect.fail(`refused: ${result.error.message} (${result.error.hint})`)
  return result.value
}

export function refuse(line: string | readonly string[]): UsageError {
  const result = read(words(line))
  if (result.ok) expect.fail(`accepted: ${result.value.nodes.map((node) => node.name).join(' ')}`)
  return result.error
}

/** What multi adds to every node by itself. */
const OWN = new Set(['-n', '--pidfile', '--logfile'])

const shown = ({ name, value }: Opt): string => (value === undefined ? name : `${name}=${value}`)

/** The options of a node without the ones that multi adds. */
export const optionsOf = (node: NodeSpec | undefined): readonly string[] =>
  (node?.options ?? []).filter(({ name }) => !OWN.has(name)).map(shown)

/** `name: options`, for each node. */
export const summary = (line: string | readonly string[], how?: Grammar): readonly string[] =>
  accept(line, how).nodes.map((node) => `${node.short}: ${optionsOf(node).join(' ')}`.trim())

export const names = (line: string | readonly string[]): readonly string[] =>
  accept(line).nodes.map((node) => node.name)

import { EXIT } from '../model/exit-code.ts'
import { usage } from '../model/failure.ts'
import type { NodeSpec } from '../model/spec.ts'
import { expandTemplate } from '../spec/expand.ts'
import { type Answer, failed, type Verb } from './verb.ts'

/** Verbs that only read their command line: they look at nothing and touch nothing. */

export const names: Verb = {
  name: 'names',
  pure: true,
  summary: 'print the names of the nodes, one a line',
  usage: 'NODE… [OPTIONS]',
  run: async ({ line }) => ({ kind: 'list', items: line.nodes.map(({ name }) => name) }),
}

export const expand: Verb = {
  name: 'expand',
  pure: true,
  summary: 'print a template for each node, such as a pidfile path with %n in it',
  usage: 'TEMPLATE NODE… [OPTIONS]',
  positional: 'template',
  async run({ line }): Promise<Answer> {
    const items: string[] = []
    for (const node of line.nodes) {
      const text = expandTemplate(line.positional ?? '', { ...node, host: node.name.slice(node.short.length + 1) })
      if (!text.ok) return failed(text.error)
      items.push(text.value)
    }
    return { kind: 'list', items }
  },
}

export const get: Verb = {
  name: 'get',
  pure: true,
  summary: 'print the arguments of one node',
  usage: 'NAME NODE… [OPTIONS]',
  positional: 'name',
  async run({ line }): Promise<Answer> {
    const wanted = line.positional ?? ''
    if (wanted === '') return failed(usage('get needs the name of a node', { hint: 'multi get w1 w1 w2 -c 3' }))
    const node = line.nodes.find(({ name, short }) => name === wanted || short === wanted)
    return node
      ? { kind: 'arguments', name: node.name, argv: argumentsOf(node) }
      : { kind: 'nothing', code: EXIT.failed }
  },
}

const argumentsOf = ({ options, passthrough, append = [] }: NodeSpec): string[] => [
  ...options.flatMap(({ name, value }) =>
    value === undefined ? [name] : name.startsWith('--') ? [`${name}=${value}`] : [name, value],
  ),
  ...passthrough,
  ...append,
]

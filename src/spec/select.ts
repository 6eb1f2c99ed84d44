import { type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import { collect } from './collect.ts'
import type { Named } from './names.ts'
import { nearest } from './nearest.ts'

/** What overrides what, whatever the order on the command line: later layers win. */
export const LAYERS = ['name', 'index', 'list', 'full', 'full in a list'] as const
export type Layer = (typeof LAYERS)[number]

/** That a selector means a node (by its place in the list, from 0), and how strongly. */
export interface Selected {
  readonly at: number
  readonly layer: Layer
}

/** The nodes by everything they are called. */
export interface Directory {
  readonly count: number
  readonly full: ReadonlyMap<string, readonly number[]>
  readonly base: ReadonlyMap<string, readonly number[]>
  readonly short: ReadonlyMap<string, readonly number[]>
}

export function directoryOf(nodes: readonly Named[]): Directory {
  const full = new Map<string, number[]>()
  const base = new Map<string, number[]>()
  const short = new Map<string, number[]>()
  const put = (map: Map<string, number[]>, key: string, at: number): unknown =>
    map.get(key)?.push(at) ?? map.set(key, [at])
  nodes.forEach((node, at) => {
    put(full, node.name, at)
    if (node.typed.includes('@') && node.typed !== node.name) put(full, node.typed, at)
    put(base, node.base, at)
    put(short, node.short, at)
  })
  return { count: nodes.length, full, base, short }
}

interface Element {
  readonly nodes: readonly number[]
  readonly how: 'full' | 'name' | 'position'
}

/** By exact name: the full one, the word on the command line, the short name with its prefix. */
function byName(text: string, directory: Directory): Element | undefined {
  const full = directory.full.get(text)
  if (full !== undefined) return { nodes: full, how: 'full' }
  const nodes = directory.base.get(text) ?? directory.short.get(text)
  return nodes && { nodes, how: /^\d+$/.test(text) ? 'position' : 'name' }
}

/** The nodes of a selector. `typed` is the option it stands in, for the message. */
export function select(selector: string, typed: string, directory: Directory): Result<readonly Selected[], UsageError> {
  const exact = byName(selector, directory)
  if (exact !== undefined) return ok(layered(exact, exact.how === 'position' ? 'index' : exact.how))
  if (/^\d+$/.test(selector)) {
    const one = element(selector, typed, directory)
    return one.ok ? ok(layered(one.value, 'index')) : one
  }
  const elements = collect(selector.split(',').map((text) => element(text, typed, directory)))
  if (!elements.ok) return elements
  return ok(elements.value.flatMap((one) => layered(one, one.how === 'full' ? 'full in a list' : 'list')))
}

const layered = ({ nodes }: Element, layer: Layer): readonly Selected[] => nodes.map((at) => ({ at, layer }))

function element(text: string, typed: string, directory: Directory): Result<Element, UsageError> {
  const named = byName(text, directory)
  if (named !== undefined) return ok(named)
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (first === undefined || last === undefined) return err(noSuchNode(text, typed, directory))
  return positions(Number(first), Number(last), typed, directory.count)
}

function positions(first: number, last: number, typed: string, count: number): Result<Element, UsageError> {
  const wrong = [first, last].find((position) => position < 1 || position > count)
  if (wrong !== undefined) {
    const nodes = count === 1 ? 'there is 1 node' : `there are ${count} nodes, 1 to ${count}`
    return err(usage(`${typed}: no node has the position ${wrong}`, { argument: typed, hint: nodes }))
  }
  if (first > last) {
    const hint = `write ${last}-${first}`
    return err(usage(`${typed}: the range ${first}-${last} runs backwards`, { argument: typed, hint }))
  }
  return ok({ nodes: Array.from({ length: last - first + 1 }, (_, at) => first - 1 + at), how: 'position' })
}

function noSuchNode(text: string, typed: string, { full, base, short }: Directory): UsageError {
  const names = [...base.keys(), ...short.keys(), ...full.keys()]
  const meant = nearest(text, names)
  const some = [...full.keys()].slice(0, 5).join(', ')
  const hint = meant === undefined ? `the nodes are ${some}${full.size > 5 ? ', …' : ''}` : `did you mean ${meant}?`
  const what = text === '' ? 'an empty name selects no node' : `no node is called ${text}`
  return usage(`${typed}: ${what}`, { argument: typed, hint })
}

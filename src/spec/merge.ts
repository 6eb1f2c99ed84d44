import type { UsageError } from '../model/failure.ts'
import { ok, type Result } from '../model/result.ts'
import { groupBy } from './collect.ts'
import type { Grammar } from './grammar.ts'
import type { Named } from './names.ts'
import type { GivenOption } from './option.ts'
import { directoryOf, LAYERS, type Layer, select } from './select.ts'

/** Options with one and the same selector (or none), in the order typed, repetitions settled. */
type Group = readonly GivenOption[]

/** What repeating an option means, within one group. */
function settle(options: readonly GivenOption[], unknown: Grammar['unknownRepeat']): Group {
  const settled: GivenOption[] = []
  const places = new Map<string, number>()
  for (const option of options) {
    const repeat = option.rule === undefined ? unknown : (option.rule.repeat ?? 'last')
    const place = places.get(option.key)
    const first = place === undefined ? undefined : settled[place]
    if (place === undefined || first === undefined || repeat === 'all') {
      places.set(option.key, settled.push(option) - 1)
    } else if (repeat === 'join' && first.value !== undefined && option.value !== undefined) {
      settled[place] = { ...first, value: `${first.value},${option.value}` }
    } else settled[place] = { ...option, name: first.name }
  }
  return settled
}

/** An option of `over` replaces all of that option in `base`, at its place; new ones go to the end. */
function override(base: Group, over: Group): Group {
  if (over.length === 0) return base
  const left = groupBy(over, (option) => option.key)
  const replaced = new Set(left.keys())
  const merged = base.flatMap((option) => {
    if (!replaced.has(option.key)) return [option]
    const instead = left.get(option.key) ?? []
    left.delete(option.key)
    return instead.length === 1 ? instead.map((one) => ({ ...one, name: option.name })) : instead
  })
  return [...merged, ...over.filter((option) => left.has(option.key))]
}

/** For each node the groups that its selectors name, weakest first. */
function groupsOf(
  nodes: readonly Named[],
  selected: ReadonlyMap<string, Group>,
): Result<ReadonlyMap<number, readonly Group[]>, UsageError> {
  const directory = directoryOf(nodes)
  const layers = new Map<Layer, { at: number; group: Group }[]>(LAYERS.map((layer) => [layer, []]))
  for (const [selector, group] of selected) {
    const picked = select(selector, group[0]?.typed ?? selector, directory)
    if (!picked.ok) return picked
    for (const { at, layer } of picked.value) layers.get(layer)?.push({ at, group })
  }
  const groups = new Map<number, Group[]>()
  for (const { at, group } of [...layers.values()].flat()) {
    groups.set(at, [...(groups.get(at) ?? []), group])
  }
  return ok(groups)
}

/** The options of each node: those for all, overridden by those of its selectors. */
export function mergeOptions(
  nodes: readonly Named[],
  options: readonly GivenOption[],
  unknown: Grammar['unknownRepeat'],
): Result<readonly Group[], UsageError> {
  const bySelector = groupBy(options, (option) => option.selector)
  const common: Group = settle(bySelector.get(undefined) ?? [], unknown)
  const selected = new Map<string, Group>()
  for (const [selector, group] of bySelector) {
    if (selector !== undefined) selected.set(selector, settle(group, unknown))
  }
  const groups = groupsOf(nodes, selected)
  if (!groups.ok) return groups
  return ok(nodes.map((_, at) => (groups.value.get(at) ?? []).reduce(override, common)))
}

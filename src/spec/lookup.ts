import type { Grammar, OptionRule } from './grammar.ts'
import { managerOptions } from './manager.ts'

/** From a spelling, with its dashes, to its rule. */
export type Lookup = ReadonlyMap<string, OptionRule>

/** multi's own options first: `--no-color` is one of them although a worker may know it too (as `-C`). */
export function lookupIn(grammar: Grammar): Lookup {
  const table = new Map<string, OptionRule>()
  for (const rule of [...managerOptions, ...grammar.options]) {
    for (const name of rule.names) if (!table.has(name)) table.set(name, rule)
  }
  return table
}

import { type UsageError, usage } from '../model/failure.ts'
import type { NodeSpec } from '../model/spec.ts'
import { groupBy } from './collect.ts'
import type { Grammar } from './grammar.ts'
import type { Lookup } from './lookup.ts'
import { isOwn } from './manager.ts'
import { nearest } from './nearest.ts'
import type { GivenOption } from './option.ts'

/** The first two nodes that share what may not be shared. */
function shared(nodes: readonly NodeSpec[], what: (node: NodeSpec) => string): [NodeSpec, NodeSpec] | undefined {
  const seen = new Map<string, NodeSpec>()
  for (const node of nodes) {
    const other = seen.get(what(node))
    if (other !== undefined) return [other, node]
    seen.set(what(node), node)
  }
  return undefined
}

/** Two nodes may share neither name nor pidfile: one pidfile can tell of one process only. And it is nothing else besides. */
export function collision(nodes: readonly NodeSpec[]): UsageError | undefined {
  const twice = shared(nodes, ({ name }) => name)
  if (twice !== undefined) {
    const [{ name, index }, second] = twice
    const hint = 'give each node its own name, or write how many as one number'
    return usage(`${name} is named twice, as node ${index} and node ${second.index}`, { argument: name, hint })
  }
  const same = shared(nodes, ({ pidfile }) => pidfile)
  if (same === undefined) return misplaced(nodes)
  const [one, other] = same
  const hint = one.short === other.short ? 'write --pidfile with %h in it' : 'write --pidfile with %n in it'
  return usage(`${one.name} and ${other.name} have one pidfile, ${one.pidfile}`, { argument: one.pidfile, hint })
}

/** What multi itself keeps beside pidfiles (node/files.ts): records, drafts, claims, the lock. */
const OWN = /\/\.(?:[^/]+\.multi\.[^/]+|multi\.lock)$/

/** A file that is another one already: each writer would spoil the other's, or remove it. */
function misplaced(nodes: readonly NodeSpec[]): UsageError | undefined {
  const logs = new Map(nodes.map((node) => [node.logfile, node]))
  for (const { name, pidfile, logfile } of nodes) {
    const own = [pidfile, logfile].find((path) => OWN.test(path))
    if (own !== undefined) {
      const option = own === pidfile ? '--pidfile' : '--logfile'
      return usage(`${own} is a file of multi itself`, { argument: own, hint: `name another with ${option}` })
    }
    const user = logs.get(pidfile)
    if (user === undefined) continue
    const whose =
      user.name === name ? `pidfile and log of ${name}` : `the pidfile of ${name} and the log of ${user.name}`
    const hint = 'name another with --pidfile or --logfile'
    return usage(`${pidfile} would be ${whose}`, { argument: pidfile, hint })
  }
  return undefined
}

/** Several nodes in one logfile are legal (`/dev/stdout`), but lines of one are hard to tell from those of another. */
export function sharedLogs(nodes: readonly NodeSpec[]): readonly string[] {
  const groups = [...groupBy(nodes, ({ logfile }) => logfile)].filter(([, users]) => users.length > 1)
  return groups.map(([logfile, users]) => {
    const [first, second] = users
    const more = users.length > 2 ? ` and ${users.length - 2} more` : ''
    const names = more === '' ? `${first?.name} and ${second?.name}` : `${first?.name}, ${second?.name}${more}`
    return `${names} log to one file, ${logfile}; %n in --logfile gives each its own`
  })
}

/** They say which nodes are meant, and how long they are waited for. */
const DECISIVE = ['--fleet', '--all', '--timeout', '--then']

/**
 * A verb that hands nothing to a worker takes a worker's options, as init scripts give them, and leaves them out. One that is
 * spelled almost like one of multi's own must not be left out: without `--fleet`, `--timeout` the rest would mean something
 * else. Nor must the beginning of one of these, unless the worker's own options are not known.
 */
export function misspelledOwn(
  options: readonly GivenOption[],
  lookup: Lookup,
  { unknownRepeat }: Pick<Grammar, 'unknownRepeat'>,
): UsageError | undefined {
  const decisive = unknownRepeat === 'all' ? [] : DECISIVE
  const known = [...lookup.keys()].filter((name) => name.startsWith('--'))
  for (const { rule, name } of options) {
    if (rule !== undefined || !/^--./.test(name)) continue
    const own = known.filter((one) => isOwn(lookup.get(one)))
    const near = nearest(name, known)
    const meant = near !== undefined && own.includes(near) ? near : decisive.find((one) => one.startsWith(name))
    if (meant === undefined) continue
    return usage(`${name} is not known`, { argument: name, hint: `did you mean ${meant}?` })
  }
  return undefined
}

/** An unknown long option goes to the worker; one that is spelled almost like a known one is probably a typing error. */
export function misspelled(options: readonly GivenOption[], lookup: Lookup): readonly string[] {
  const known = [...lookup.keys()].filter((name) => name.startsWith('--'))
  const unknown = new Set(
    options.flatMap(({ rule, name }) => (rule === undefined && /^--.{4,}/.test(name) ? [name] : [])),
  )
  return [...unknown].flatMap((name) => {
    const meant = nearest(name, known)
    return meant === undefined ? [] : [`${name} is not known and goes to the worker as it is; did you mean ${meant}?`]
  })
}

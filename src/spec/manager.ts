import type { OptionRule } from './grammar.ts'

/** Options that multi itself understands on every command line. They shadow options of a worker that are spelled the same. */
export const MANAGER = {
  cmd: { names: ['--cmd'], arity: 'value' },
  append: { names: ['--append'], arity: 'value' },
  executable: { names: ['--executable'], arity: 'value' },
  kind: { names: ['--kind'], arity: 'value' },
  pidfile: { names: ['--pidfile', '-p'], arity: 'value' },
  logfile: { names: ['--logfile', '-f'], arity: 'value' },
  hostname: { names: ['--hostname', '-n'], arity: 'value' },
  prefix: { names: ['--prefix'], arity: 'value' },
  suffix: { names: ['--suffix'], arity: 'value' },
  rangePrefix: { names: ['--range-prefix'], arity: 'value' },
  nosplash: { names: ['--nosplash'], arity: 'flag', setting: true },
  quiet: { names: ['--quiet', '-q'], arity: 'flag', setting: true },
  verbose: { names: ['--verbose'], arity: 'flag', setting: true },
  noColor: { names: ['--no-color'], arity: 'flag', setting: true },
} as const satisfies Record<string, OptionRule>

/** For help, completion and the manual. */
export const managerOptions: readonly OptionRule[] = Object.values(MANAGER)

/** multi's own, whichever worker is meant. */
export const isOwn = (rule: OptionRule | undefined): boolean =>
  rule !== undefined && (rule.setting === true || managerOptions.includes(rule))

const keys = (...rules: readonly OptionRule[]): ReadonlySet<string> => new Set(rules.map((rule) => rule.names[0]))

/** They name the nodes: one value for the whole line, so no selector. */
export const NAMING = keys(MANAGER.hostname, MANAGER.prefix, MANAGER.suffix, MANAGER.rangePrefix)

/** They say how to run a node, and never reach its command line as options. */
export const RUNNING = keys(MANAGER.cmd, MANAGER.append, MANAGER.executable, MANAGER.kind)

/** They say where a node's files are: multi uses them and hands them on. */
export const FILES = keys(MANAGER.pidfile, MANAGER.logfile)

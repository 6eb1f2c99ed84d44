import type { Opt } from '../model/spec.ts'
import type { OptionRule } from '../spec/grammar.ts'

/** What spec/ adds to, or completes in, every node's options: only for workers that know them. */
export const OF_THE_NODE = ['-n', '--pidfile', '--logfile'] as const

export const ruleOf = (rules: readonly OptionRule[], name: string): OptionRule | undefined =>
  rules.find((rule) => rule.names.includes(name))

/** The value of an option under any of its names. */
export const valueOf = (options: readonly Opt[], ...names: readonly string[]): string | undefined =>
  options.findLast((option) => names.includes(option.name))?.value

export const without = (options: readonly Opt[], ...names: readonly string[]): readonly Opt[] =>
  options.filter((option) => !names.includes(option.name))

/** `--opt=value`, `-o value`, `--flag`: how Celery's own multi writes them, and what every parser of options reads. */
export const written = ({ name, value }: Opt): readonly string[] => {
  if (value === undefined) return [name]
  return name.startsWith('--') ? [`${name}=${value}`] : [name, value]
}

/** What stood behind `--` goes on with its `--`, as in Celery: it ends the worker's options too. */
export const behindDashes = (passthrough: readonly string[]): readonly string[] =>
  passthrough.length === 0 ? [] : ['--', ...passthrough]

/** `%i` and `%I` number the children of a pool; for a process without any they are `0` and nothing, as in Celery's main process. */
export const asMainProcess = (text: string): string => text.replaceAll('%i', '0').replaceAll('%I', '')

import type { NodeSpec, Target } from '../model/spec.ts'
import { MANAGER } from './manager.ts'

/** What is known better than by the line. `handedOn`: the logfile as the worker gets it, with `%i` and `%I` for its pool. */
export interface Known extends Partial<Target> {
  readonly handedOn?: string | undefined
}

/**
 * The same node with other names and files, also where its worker is told of them. Not by way of the text of a line: there a path
 * would be a template, and a name a selector.
 */
export function overwritten(spec: NodeSpec, { handedOn, ...known }: Known): NodeSpec {
  const told: Readonly<Record<string, string | undefined>> = {
    '-n': known.name,
    [MANAGER.pidfile.names[0]]: known.pidfile,
    [MANAGER.logfile.names[0]]: handedOn ?? known.logfile,
  }
  const options = spec.options.map((option) => {
    const value = told[option.name]
    return value === undefined ? option : { ...option, value }
  })
  return { ...spec, ...known, options }
}

import type { System } from '../system/port.ts'

const answers = new WeakMap<System, Map<string, unknown>>()

/** Asks the machine once for what a hundred nodes of one command line want to know. */
export function once<T>(system: System, question: string, ask: () => Promise<T>): Promise<T> {
  const known = answers.get(system) ?? new Map<string, unknown>()
  answers.set(system, known)
  if (!known.has(question)) known.set(question, ask())
  return known.get(question) as Promise<T>
}

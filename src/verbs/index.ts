import { expand, get, names } from './pure.ts'
import type { VerbName } from './settings.ts'
import type { Verb } from './verb.ts'

/** Each verb's module is loaded when it is called: `names` needs nothing of what `start` needs. */
const loaders: Readonly<Record<Exclude<VerbName, 'help'>, () => Promise<Verb>>> = {
  start: async () => (await import('./ups.ts')).start,
  stop: async () => (await import('./downs.ts')).stop,
  stopwait: async () => (await import('./downs.ts')).stopwait,
  restart: async () => (await import('./ups.ts')).restart,
  kill: async () => (await import('./downs.ts')).kill,
  forget: async () => (await import('./downs.ts')).forget,
  quiet: async () => (await import('./quiet.ts')).quiet,
  resume: async () => (await import('./quiet.ts')).resume,
  status: async () => (await import('./status.ts')).status,
  show: async () => (await import('./show.ts')).show,
  names: async () => names,
  expand: async () => expand,
  get: async () => get,
}

/** Celery's other name for it. */
const ALIASES: Readonly<Record<string, VerbName>> = { stop_verify: 'stopwait' }

export const verbNames = Object.keys(loaders)

/** undefined: there is no such verb. */
export function findVerbNamed(word: string): (() => Promise<Verb>) | undefined {
  const name = ALIASES[word] ?? word
  return Object.hasOwn(loaders, name) ? loaders[name as keyof typeof loaders] : undefined
}

/** All of them, for help. */
export const loadVerbs = (): Promise<Verb[]> => Promise.all(Object.values(loaders).map((load) => load()))

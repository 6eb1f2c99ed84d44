import { type UsageError, usage } from '../model/failure.ts'
import type { Signal } from '../model/signals.ts'
import type { KindName } from '../model/spec.ts'

/** Whose default is not to end a process: signal(7). WINCH is another's way to say so (Apache's graceful stop). */
const NEVER: ReadonlySet<Signal> = new Set(['CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'CHLD', 'URG'])

/** What these workers do other things on: multi-worker(7); celery/apps/worker.py, where HUP is a restart under the same pid. */
const OTHERWISE: Readonly<Record<KindName, ReadonlySet<Signal>>> = {
  app: new Set<Signal>(['HUP', 'USR1']),
  celery: new Set<Signal>(['HUP', 'USR1']),
  command: new Set(),
}

interface Asked {
  readonly name: string
  readonly kind?: KindName | undefined
}

/** A worker that was stopped by a signal which does not end it would count as draining for ever: nobody would ask it again. */
export function endless(signal: Signal | undefined, nodes: readonly Asked[]): UsageError | undefined {
  if (signal === undefined) return undefined
  const deaf = nodes.find(({ kind }) => kind && OTHERWISE[kind].has(signal))?.name
  const whom = NEVER.has(signal) ? 'a process' : deaf
  if (whom === undefined) return undefined
  const hint = 'to send it all the same there is kill(1); multi status has the pids'
  return usage(`${signal} does not end ${whom}`, { argument: `-${signal}`, hint })
}

import { type Closeable, type Loaded, loadApp, partsOf, type Start } from './load.ts'
import { type Log, logFailure } from './log.ts'
import type { HostOptions } from './options.ts'
import type { Stopping } from './stopping.ts'

/** What the app's function gets. */
export interface AppContext {
  readonly name: string
  readonly queues: readonly string[]
  readonly concurrency: number
  readonly logLevel: string
  readonly pool?: string
  /** What stood behind `--`. */
  readonly args: readonly string[]
  /** Aborted by a second INT: jobs should give up. */
  readonly signal: AbortSignal
  readonly log: Log
}

/** What the host does when the app is ready; false when it must not go on. */
export type OnReady = () => boolean

/** The app could not be used: the log says why. */
class Unusable extends Error {}

const contextOf = (options: HostOptions, log: Log, { signal }: Stopping): AppContext => ({
  name: options.name,
  queues: options.queues,
  concurrency: options.concurrency,
  logLevel: options.logLevel,
  ...(options.pool !== undefined && { pool: options.pool }),
  args: options.args,
  signal,
  log,
})

async function call(start: Start, app: string, context: AppContext): Promise<readonly Closeable[]> {
  const value = await start(context)
  if (value === undefined || value === null) return []
  const parts = partsOf(value)
  if (parts.ok) return parts.value
  throw new Unusable(`${app}: its function returned ${parts.error}; it must return things with close(), or nothing`)
}

/** What the app has running once it is loaded. A stop that came first finds nothing running, if only a function was loaded. */
async function begin(loaded: Loaded, app: string, context: AppContext, stopping: Stopping) {
  if (loaded.is === 'running') return loaded.parts
  return stopping.requested() ? [] : call(loaded.start, app, context)
}

async function load(file: string, options: HostOptions, log: Log, stopping: Stopping) {
  try {
    const loaded = await loadApp(options.app, file)
    if (!loaded.ok) throw new Unusable(loaded.error)
    return await begin(loaded.value, options.app, contextOf(options, log, stopping), stopping)
  } catch (error) {
    if (error instanceof Unusable) log.error(error.message)
    else logFailure(log, `${options.app} could not be started`, error)
    return undefined
  }
}

/** Once each, all at a time, however long it takes: a running job is lost only to QUIT and KILL. */
async function close(parts: readonly Closeable[], log: Log): Promise<boolean> {
  const closed = await Promise.allSettled(parts.map(async (part) => part.close()))
  const failures = closed.filter((one) => one.status === 'rejected')
  for (const { reason } of failures) logFailure(log, 'close() failed', reason)
  return failures.length === 0
}

/** Load, ready, wait to be stopped, close. Answers the exit code. */
export async function live(
  file: string,
  options: HostOptions,
  log: Log,
  stopping: Stopping,
  onReady: OnReady,
): Promise<number> {
  const parts = await load(file, options, log, stopping)
  if (parts === undefined) return 1
  const ready = stopping.requested() || onReady()
  if (ready) await stopping.begun
  const clean = await close(parts, log)
  if (ready && clean) log.info('stopped')
  return ready && clean ? 0 : 1
}

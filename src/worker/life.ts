import type { AppContext } from './context.ts'
import { type Closeable, type Loaded, loadApp, partsOf, type Start } from './load.ts'
import { type Log, logFailure } from './log.ts'

/** The app could not be used: the log says why. */
class Unusable extends Error {}

async function call(start: Start, app: string, context: AppContext): Promise<readonly Closeable[]> {
  const value = await start(context)
  if (value === undefined || value === null) return []
  const parts = partsOf(value)
  if (parts.ok) return parts.value
  throw new Unusable(`${app}: its function returned ${parts.error}; it must return things with close(), or nothing`)
}

/** What the app has running once it is loaded. A stop that came first finds nothing running, if only a function was loaded. */
async function begin(loaded: Loaded, app: string, context: AppContext, isStopping: () => boolean) {
  if (loaded.is === 'running') return loaded.parts
  return isStopping() ? [] : call(loaded.start, app, context)
}

/** Loads the app and starts it. The error is logged, and one line of it answered. */
export async function startApp(
  app: string,
  file: string,
  context: AppContext,
  isStopping: () => boolean,
): Promise<{ readonly parts: readonly Closeable[] } | { readonly error: string }> {
  try {
    const loaded = await loadApp(app, file)
    if (!loaded.ok) throw new Unusable(loaded.error)
    return { parts: await begin(loaded.value, app, context, isStopping) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof Unusable) context.log.error(message)
    else logFailure(context.log, `${app} could not be started`, error)
    return { error: error instanceof Unusable ? message : `${app} could not be started: ${message}` }
  }
}

/** Once each, all at a time, however long it takes: a running job is lost only to QUIT and KILL. */
export async function closeApp(parts: readonly Closeable[], log: Log): Promise<boolean> {
  const closed = await Promise.allSettled(parts.map(async (part) => part.close()))
  const failures = closed.filter((one) => one.status === 'rejected')
  for (const { reason } of failures) logFailure(log, 'close() failed', reason)
  return failures.length === 0
}

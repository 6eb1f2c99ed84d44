import type { Log } from './log.ts'

/** The host's end, as signals ask for it. */
export interface Stopping {
  /** Resolves with the first TERM or INT. */
  readonly begun: Promise<void>
  requested(): boolean
  /** For the app: aborted by an INT that comes while it is stopping. */
  readonly signal: AbortSignal
}

interface Handlers {
  readonly log: Log
  /** Ends the host without waiting for anything. */
  readonly leave: (code: number) => void
}

const QUIT = 128 + 3

/**
 *     TERM, INT   closes the app once and waits for it, however long
 *     TERM again  nothing: multi's stop may be repeated
 *     INT again   aborts the app's signal: jobs that look at it give up
 *     QUIT        leaves at once, jobs are lost
 *     HUP         nothing: there is no terminal, and Celery's init script sends it to make workers start anew
 */
export function watchSignals({ log, leave }: Handlers): Stopping {
  const abort = new AbortController()
  let requested = false
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const stop = (signal: string) => {
    if (requested) return
    requested = true
    log.info(`${signal}: closing, running jobs are waited for`)
    begin()
  }
  process.on('SIGTERM', () => stop('TERM'))
  process.on('SIGINT', () => {
    if (!requested) return stop('INT')
    if (abort.signal.aborted) return
    log.warn('INT: running jobs are asked to give up')
    abort.abort(new Error('INT'))
  })
  process.on('SIGQUIT', () => {
    log.warn('QUIT: leaving at once')
    leave(QUIT)
  })
  process.on('SIGHUP', () => log.warn('HUP: ignored, use multi restart'))
  return { begun, requested: () => requested, signal: abort.signal }
}

import { type ChildProcess, fork } from 'node:child_process'
import { closeSync } from 'node:fs'
import { multiPath } from '../assets.ts'
import type { House } from '../house.ts'
import { openChildLog } from './logs.ts'

/**
 * One more of this program, in our own group: whoever ends the group ends them too. It gets its own command line, its log as
 * its output, and a channel; all that it is asked goes through that, never by a signal.
 */
export function forkChild({ options, log, output }: House, argv: readonly string[], child: number): ChildProcess {
  const own = openChildLog(options.logfile, child, (path, error) =>
    log.warn(`the log of child ${child} cannot be opened: it writes to this one`, { path, error }),
  )
  const fd = own ?? output.fd
  try {
    return fork(multiPath(), ['worker', `--pool-child=${child}`, ...argv], {
      stdio: ['ignore', fd, own ?? (fd === 1 ? 2 : fd), 'ipc'],
      env: { ...process.env, MULTI_INDEX: String(child) },
    })
  } finally {
    if (own !== undefined) closeSync(own)
  }
}

import { LSB } from '../model/exit-code.ts'
import { exitCodeOf, type Failure } from '../model/failure.ts'
import { refused } from '../report/errno.ts'
import { ForeignProc, shortageOf } from '../system/fault.ts'
import { openSink } from './sink.ts'

const FOREIGN_PROC: Failure = {
  reason: 'bad-configuration',
  message: '/proc is not that of this pid namespace, so nobody can be told by it',
  hint: 'mount it anew, as unshare --mount-proc does',
}

/**
 * The kernel was short of something in the middle of a look, or of loading a part of us; or no look means anything here. Answers the
 * exit code.
 */
export async function reportShortage(error: unknown, argv: readonly string[]): Promise<number | undefined> {
  if (argv[0] === 'worker') return undefined
  const fault = shortageOf(error)
  if (fault === undefined && !(error instanceof ForeignProc)) return undefined
  const failure: Failure = fault ? { reason: 'system', what: 'look how things stand', ...fault } : FOREIGN_PROC
  await say(failure, argv.includes('--json'))
  // To an init script 1 would mean that the worker is dead.
  return argv[0] === 'status' ? LSB.unknown : exitCodeOf(failure)
}

async function say(failure: Failure, json: boolean): Promise<void> {
  const sink = openSink()
  try {
    const { reportFailure } = await import('./reporting.ts')
    reportFailure(sink, failure, json)
  } catch (error) {
    if (failure.reason !== 'system') throw error
    // To load that would have taken a descriptor, too.
    sink.err(`multi: could not ${failure.what}: ${refused(failure.call, failure.path, failure.code)}\n`)
  }
  await sink.flush()
}

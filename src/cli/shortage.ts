import { EXIT, LSB } from '../model/exit-code.ts'
import type { Failure } from '../model/failure.ts'
import { refused } from '../report/errno.ts'
import { shortageOf } from '../system/fault.ts'
import { openSink } from './sink.ts'

/** The kernel was short of something in the middle of a look, or of loading a part of us: answers the exit code. */
export async function reportShortage(error: unknown, argv: readonly string[]): Promise<number | undefined> {
  const fault = argv[0] === 'worker' ? undefined : shortageOf(error)
  if (fault === undefined) return undefined
  const failure = { reason: 'system', what: 'look how things stand', ...fault } as const
  await say(failure, argv.includes('--json'))
  // To an init script 1 would mean that the worker is dead.
  return argv[0] === 'status' ? LSB.unknown : EXIT.failed
}

async function say(failure: Extract<Failure, { reason: 'system' }>, json: boolean): Promise<void> {
  const sink = openSink()
  try {
    const { reportFailure } = await import('./reporting.ts')
    reportFailure(sink, failure, json)
  } catch {
    // To load that would have taken a descriptor, too.
    sink.err(`multi: could not ${failure.what}: ${refused(failure.call, failure.path, failure.code)}\n`)
  }
  await sink.flush()
}

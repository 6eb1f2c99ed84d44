import { EXIT } from '../model/exit-code.ts'
import { type Log, logFailure } from './log.ts'

/** The app's mistakes are not ours to survive: its state is unknown (Node's manual, uncaughtException). */
export function watchMistakes(log: Log, leave: (code: number, reason: string) => void): void {
  const fail = (what: string) => (error: unknown) => {
    logFailure(log, what, error)
    leave(EXIT.internal, `${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
  process.on('uncaughtException', fail('uncaught exception'))
  process.on('unhandledRejection', fail('unhandled rejection'))
}

import { pino } from 'pino'
import type { Outcome } from '../model/outcome.ts'
import type { LogHandle, Self } from '../system/port.ts'

interface Audit {
  readonly file: LogHandle
  readonly verb: string
  readonly outcomes: readonly Outcome[]
  readonly self: Self
  readonly env: Readonly<Record<string, string | undefined>>
}

/** One line for each node: who did what to it, and what came of it. No argv: it may hold secrets. Answers why it could not. */
export async function writeAudit({ file, verb, outcomes, self, env }: Audit): Promise<string | undefined> {
  try {
    const destination = pino.destination({ dest: file.fd, sync: true })
    const log = pino(
      {
        base: { pid: self.identity.pid, uid: self.uid, host: self.hostname, ...byWhom(env) },
        timestamp: pino.stdTimeFunctions.isoTime,
      },
      destination,
    )
    for (const { target, ms, ...end } of outcomes) {
      const failure = end.result === 'failed' ? { reason: end.failure.reason } : {}
      const pid = 'pid' in end ? { workerPid: end.pid } : {}
      log.info({
        verb,
        node: target.name,
        fleet: target.fleet,
        result: end.result,
        ms: Math.round(ms),
        ...pid,
        ...failure,
      })
    }
    destination.flushSync()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Behind sudo the uid says root; who it was says SUDO_USER. */
const byWhom = (env: Audit['env']): Record<string, string> => (env['SUDO_USER'] ? { sudoUser: env['SUDO_USER'] } : {})

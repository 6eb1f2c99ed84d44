import type { Failure } from '../model/failure.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Exit } from '../model/process.ts'
import type { Signal } from '../model/signals.ts'

/** Every fact that some outcome has; which ones depends on the outcome. */
export interface OutcomeFacts {
  readonly result: Outcome['result']
  readonly pid?: number | undefined
  readonly exit?: Exit | undefined
  readonly signal?: Signal
  readonly readyBy?: 'word' | 'alive'
  readonly aliveMs?: number
  readonly wasPid?: number | undefined
  readonly differs?: readonly string[]
  readonly killed?: readonly number[]
  readonly lost?: number
  readonly said?: boolean
  readonly left?: number
}

/** The union laid flat, for output whose rows all have the same keys. */
export const outcomeFacts = (outcome: Outcome): OutcomeFacts =>
  outcome.result === 'failed' ? failureFacts(outcome.failure) : outcome

const failureFacts = (failure: Failure): OutcomeFacts => ({
  result: 'failed',
  pid: 'pid' in failure ? failure.pid : undefined,
  exit: failure.reason === 'died' ? failure.exit : undefined,
})

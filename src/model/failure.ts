import { EXIT, type ExitCode } from './exit-code.ts'
import type { AbsPath } from './names.ts'
import type { Exit } from './process.ts'

/** Why something could not be done: facts only. report/wording.ts turns them into one line. */
export type Failure =
  /** The command line is wrong. `argument` is what was typed, `hint` what to type instead. */
  | { readonly reason: 'usage'; readonly message: string; readonly argument?: string; readonly hint?: string }
  /** The worker ended before it was ready. */
  | { readonly reason: 'died'; readonly exit?: Exit; readonly logTail: readonly string[]; readonly logfile: AbsPath }
  /** Still booting at the start limit. */
  | {
      readonly reason: 'start-timeout'
      readonly pid: number
      readonly afterMs: number
      readonly stopped: boolean
      readonly logTail: readonly string[]
    }
  /** Still draining at the stop limit; left as it is. */
  | { readonly reason: 'stop-timeout'; readonly pid: number; readonly afterMs: number }
  /** KILL did not end it (uninterruptible sleep, or new members faster than signals). */
  | { readonly reason: 'unkillable'; readonly pid: number; readonly afterMs: number }
  | { readonly reason: 'draining'; readonly pid: number }
  /** The leader is gone, members of its group live. */
  | { readonly reason: 'orphaned'; readonly pgid: number; readonly members: readonly number[] }
  /** The record was written in another pid namespace or container and its worker may live there. */
  | { readonly reason: 'foreign'; readonly host: string }
  /** What the pidfile names can neither be proven to be the worker nor proven not to be. */
  | { readonly reason: 'unknown'; readonly why: string; readonly path: AbsPath }
  /** A running worker of another fleet has this pidfile. */
  | { readonly reason: 'taken'; readonly fleet: string; readonly pid: number; readonly pidfile: AbsPath }
  /** `what` was tried, a verb phrase: "write the record of w1@host". `option`: what names another place. */
  | {
      readonly reason: 'denied'
      readonly what: string
      readonly path?: string
      readonly code?: string
      readonly option?: string
      readonly user?: string
      /** The worker that had been started before, and was left running. */
      readonly pid?: number
    }
  /** A program or JS module that multi itself looks for. `tried` says where. */
  | { readonly reason: 'not-found'; readonly what: string; readonly tried: readonly string[]; readonly hint?: string }
  | { readonly reason: 'no-directory'; readonly path: string; readonly what: string }
  | { readonly reason: 'bad-configuration'; readonly message: string; readonly hint?: string }
  /** The kernel refused: full disk, no descriptors, no processes. */
  | {
      readonly reason: 'system'
      readonly what: string
      readonly call: string
      readonly path?: string
      readonly code: string
      /** As of `denied`. */
      readonly pid?: number
    }
  | { readonly reason: 'locked'; readonly path: string; readonly afterMs: number; readonly holder?: number }
  /** `handedOn`: its worker is in the foreground and is interrupted, too. */
  | { readonly reason: 'interrupted'; readonly state: string; readonly pid?: number; readonly handedOn?: true }
  /** A rolling restart stopped before this node was touched. */
  | { readonly reason: 'halted'; readonly by: string }
  | { readonly reason: 'not-running' }
  /** Of what lives nothing is forgotten. */
  | { readonly reason: 'not-down'; readonly state: string; readonly pid: number }
  /** It cannot be told to take no more jobs, or did not do so. `why` is a clause. */
  | { readonly reason: 'not-quieted'; readonly why: string; readonly output?: readonly string[] }

export const REASONS = {
  usage: EXIT.usage,
  died: EXIT.failed,
  'start-timeout': EXIT.failed,
  'stop-timeout': EXIT.timeLimit,
  unkillable: EXIT.failed,
  draining: EXIT.failed,
  orphaned: EXIT.failed,
  foreign: EXIT.denied,
  unknown: EXIT.denied,
  taken: EXIT.failed,
  denied: EXIT.denied,
  'not-found': EXIT.notInstalled,
  'no-directory': EXIT.notConfigured,
  'bad-configuration': EXIT.notConfigured,
  system: EXIT.failed,
  locked: EXIT.locked,
  interrupted: EXIT.interrupted,
  halted: EXIT.failed,
  'not-running': EXIT.failed,
  'not-down': EXIT.failed,
  'not-quieted': EXIT.failed,
} as const satisfies Record<Failure['reason'], ExitCode>

export const exitCodeOf = (failure: Failure): ExitCode => REASONS[failure.reason]

/** A wrong command line: found by the pure parser, thrown nowhere. */
export type UsageError = Extract<Failure, { reason: 'usage' }>

export const usage = (message: string, about: { argument?: string; hint?: string } = {}): UsageError => ({
  reason: 'usage',
  message,
  ...about,
})

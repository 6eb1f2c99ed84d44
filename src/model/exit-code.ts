/** What `multi` says to the shell. The numbers are part of the interface: README and multi(1) list them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  denied: 4,
  notInstalled: 5,
  notConfigured: 6,
  internal: 70,
  locked: 75,
  timeLimit: 124,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Of several outcomes the one that says most about what to do next. */
const PRECEDENCE: readonly ExitCode[] = [70, 130, 124, 75, 4, 5, 6, 2, 1, 0]

export const worst = (codes: readonly ExitCode[]): ExitCode =>
  PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.ok

/** Exit codes of `status`, as in the Linux Standard Base (LSB 5.0 §20.2, init script actions). */
export const LSB = { running: 0, dead: 1, stopped: 3, unknown: 4 } as const
export type LsbCode = (typeof LSB)[keyof typeof LSB]

const LSB_PRECEDENCE: readonly LsbCode[] = [4, 1, 3, 0]

export const worstLsb = (codes: readonly LsbCode[]): LsbCode =>
  LSB_PRECEDENCE.find((code) => codes.includes(code)) ?? LSB.stopped

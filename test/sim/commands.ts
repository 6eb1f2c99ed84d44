import type { RunResult } from '../../src/system/port.ts'

/** A program that `multi` runs to its end: probes such as `python3 -c 'import celery'`. */
export interface RunRequest {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly uid: number
}

export interface RunReply extends Partial<RunResult> {
  /** How long it takes; default 0. */
  readonly ms?: number
}

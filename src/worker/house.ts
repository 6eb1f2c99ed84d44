import type { Log } from './log.ts'
import type { HostOptions } from './options.ts'
import type { Output } from './output.ts'
import type { Commands } from './signals.ts'
import type { Sample } from './vitals.ts'

/** What a host lives in: it is told when something changes, and asked to end. */
export interface House {
  readonly options: HostOptions
  readonly log: Log
  readonly output: Output
  /** State or counts are others than before. */
  readonly changed: () => void
  /** The same, said before anything else is done. */
  readonly announced: () => void
  /** Ends the process without waiting for anything. */
  readonly leave: (code: number, reason: string) => void
  /** Why it will end, for its last words. */
  readonly because: (reason: string) => void
}

/** What the host does when the app is ready; false when it must not go on. */
export type OnReady = () => boolean

/** What lives in it: the app itself, or a pool of children that have it. */
export interface Body extends Commands {
  sample(): Sample
  /** While it may still be root, before anything is started. */
  prepare?(): void
  /** Load, ready, wait to be stopped, close. Answers the exit code. */
  run(file: string, onReady: OnReady): Promise<number>
}

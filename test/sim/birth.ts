import type { Behaviour } from './behaviour.ts'
import type { Inode } from './inode.ts'
import type { SimProcess } from './process.ts'

export interface ForkOptions {
  /** A group of its own. */
  readonly ownGroup?: boolean
  /** A session of its own: what daemons do to get away. */
  readonly ownSession?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly argv?: readonly string[]
}

export interface Launch {
  readonly parent: SimProcess | undefined
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly umask: number
  readonly log: Inode | undefined
  readonly behaviour: Behaviour
}

export interface Birth extends Launch {
  readonly pid: number
  readonly startTicks: number
  readonly pgrp: number
  readonly session: number
}

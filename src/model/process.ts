import type { Signal } from './signals.ts'

/**
 * One process and no other, as long as the machine exists: a pid is reused within minutes on a busy machine,
 * its start time since boot is not (proc(5), /proc/PID/stat field 22, in clock ticks).
 */
export interface Identity {
  readonly pid: number
  readonly startTicks: number
  /** /proc/sys/kernel/random/boot_id */
  readonly bootId: string
  /** Target of /proc/self/ns/pid, e.g. `pid:[4026531836]`. */
  readonly pidNamespace: string
}

export const sameProcess = (a: Identity, b: Identity): boolean =>
  a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId && a.pidNamespace === b.pidNamespace

/** What /proc says of one process. */
export interface ProcessFacts {
  readonly pid: number
  readonly ppid: number
  readonly pgrp: number
  readonly session: number
  /** The state letter of /proc/PID/stat. */
  readonly state: string
  /** A zombie still has one. */
  readonly threads: number
  readonly startTicks: number
}

/**
 * A zombie is dead: it runs nothing and can hold nothing. `Z` alone says that of the main thread only: others live on after its
 * pthread_exit(3), and the process with them.
 */
export const isDead = ({ state, threads }: ProcessFacts): boolean => state === 'X' || (state === 'Z' && threads <= 1)

/** kthreadd or a child of it, in no group and no session: it has no memory to be told by, and never ends. */
export const isKernelThread = ({ pid, ppid, pgrp, session }: ProcessFacts): boolean =>
  (pid === 2 || ppid === 2) && pgrp === 0 && session === 0

export const isSuspended = (facts: ProcessFacts): boolean => facts.state === 'T' || facts.state === 't'

/** How a process ended, as far as anyone saw it. */
export interface Exit {
  readonly code?: number
  readonly signal?: Signal
}

declare const verified: unique symbol

/**
 * A process group proven to be one worker's. Made only by node/observe: everything that signals a group takes this,
 * so that a bare number cannot be signalled by mistake. `evidence` is looked at again right before a signal.
 */
export interface VerifiedGroup {
  readonly [verified]: true
  readonly pgid: number
  /** Live members that prove the group ours (the leader itself while it lives). Never empty. */
  readonly evidence: readonly Identity[]
}

import type { AbsPath, LaunchId } from '../model/names.ts'
import type { Exit, Identity, ProcessFacts, VerifiedGroup } from '../model/process.ts'
import type { Result } from '../model/result.ts'
import type { Signal } from '../model/signals.ts'

/** A call that the operating system refused: errno name (`EACCES`), what was called, on what. */
export interface Fault {
  readonly code: string
  readonly call: string
  readonly path?: string
}

/** No errno: code of the fault of a child that /proc does not show, and that was ended again. */
export const HIDDEN = 'hidden'

export type Attempt<T = void> = Promise<Result<T, Fault>>

/** A small file, read without following a symlink and never more than the limit. */
export type FileRead =
  | { readonly found: 'text'; readonly text: string; readonly uid: number; readonly mtimeMs: number }
  | { readonly found: 'nothing' }
  /** A directory, symlink, device, or longer than the limit. */
  | { readonly found: 'other'; readonly what: string }
  | { readonly found: 'unreadable'; readonly code: string }

/** Whose a new file shall be, if not ours. Given on the open file: by its path, somebody may have put another there. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  readonly uid: number
  readonly gid: number
  /** Permission bits. */
  readonly mode: number
  readonly size: number
  readonly mtimeMs: number
}

export interface SpawnRequest {
  readonly argv: readonly [AbsPath, ...string[]]
  readonly cwd: AbsPath
  /** Added to, and overriding, the environment of this process. */
  readonly env: Readonly<Record<string, string>>
  readonly umask?: number
  /** From openLog: becomes the worker's stdout and stderr. `terminal`: it gets ours. */
  readonly log: LogHandle | 'terminal'
}

export interface LogHandle {
  readonly fd: number
  /** Bytes in the file when it was opened: what the worker writes comes after. */
  readonly offset: number
}

export type ProcessRead =
  | { readonly found: 'process'; readonly facts: ProcessFacts }
  | { readonly found: 'nothing' }
  /** hidepid, or a race with its end that could not be settled. */
  | { readonly found: 'unreadable' }

/** Answers to a signal. `stranger`: the pid lives, but it is not that process. */
export type Signalled = 'sent' | 'gone' | 'stranger' | 'denied'

export interface Self {
  readonly identity: Identity
  readonly uid: number
  readonly gid: number
  readonly hostname: string
}

export interface RunResult {
  /** undefined when it could not be started or was ended by a signal or the time limit. */
  readonly code?: number
  readonly stdout: string
  readonly stderr: string
  /** errno name when it could not be started. */
  readonly fault?: string
}

export interface Usage {
  readonly cpu: number
  readonly memory: number
}

/** What `lock` makes in a directory, for as long as it is held. */
export const LOCK_NAME = '.multi.lock'

export interface Lock {
  release(): Promise<void>
}

/**
 * The only door to the operating system.
 *
 * A look that fails because the kernel is short of descriptors or memory throws (system/fault.ts): it has no answer, not even
 * "nothing there", and the command ends as if it had been killed. But for readTail, which only quotes: then there is no quote.
 *
 * Every method that returns a promise makes at most one change. The real implementation does its work synchronously
 * before it returns, so that spawn + identity, and verify + signal, are indivisible within this process; the simulated one
 * (test/sim) parks every call, and lets a killed process's promises never settle.
 */
export interface System {
  readonly self: Self

  /** Monotonic, ms since this boot (CLOCK_MONOTONIC), the same for every process: for deadlines, and for times in records. */
  now(): number
  /** Wall clock, ms since the epoch. For display and file times. */
  wall(): number
  random(): number
  /** When this machine booted, wall ms; undefined when /proc/stat does not say. For comparing a start time with a file's. */
  bootedAt(): number | undefined
  /** Clock ticks per second in which startTicks count. */
  readonly ticksPerSecond: number

  /** Resolves after `ms`, or sooner when meanwhile a child of ours ends or the user interrupts. */
  rest(ms: number): Promise<void>
  /** Lets timers and children have their turn. */
  breathe(): Promise<void>
  /** The signals by which the user asked this command to end (INT, TERM, HUP), in their order. */
  interruptions(): readonly Signal[]

  readFile(path: AbsPath, limit: number): Promise<FileRead>
  /** The end of a file, at most `limit` bytes, from `offset` on. Follows symlinks (logs may be one). */
  readTail(path: AbsPath, offset: number, limit: number): Promise<string>
  stat(path: AbsPath): Promise<FileFacts | undefined>
  /** stat of what a symlink leads to. */
  statTarget(path: AbsPath): Promise<FileFacts | undefined>
  /** Whether this process may do that with it (access(2), real ids). */
  access(path: AbsPath, mode: 'read' | 'write' | 'execute'): Promise<boolean>
  list(path: AbsPath): Attempt<readonly string[]>
  /** Creates it with O_EXCL and writes it, then gives it away (root only). `EEXIST` when it is there. */
  createFile(path: AbsPath, text: string, mode: number, owner?: Owner): Attempt
  rename(from: AbsPath, to: AbsPath): Attempt
  /** Fine when it is not there. */
  remove(path: AbsPath): Attempt
  /** One directory; `EEXIST` when something is there. */
  makeDirectory(path: AbsPath, mode: number): Attempt
  changeOwner(path: AbsPath, uid: number, gid: number): Attempt
  /** A symlink is created whole or not at all, and only once: the cheapest exclusive message there is. */
  symlink(text: string, path: AbsPath): Attempt
  readlink(path: AbsPath): Promise<string | undefined>

  /** Opens for appending, creating it 0640 if need be. */
  openLog(path: AbsPath, options: { readonly followSymlink: boolean }): Attempt<LogHandle>
  closeLog(log: LogHandle): Promise<void>
  /** A new session, nothing inherited but the log. The identity is read before anything else can happen. */
  spawn(request: SpawnRequest): Attempt<Identity>
  /** How a child of ours ended; undefined while it lives, or when it is not ours. */
  exitOf(identity: Identity): Exit | undefined

  process(pid: number): Promise<ProcessRead>
  processes(): Promise<readonly ProcessFacts[]>
  /** Real uid of a process; undefined when it is gone or hidden. Apart from `process`, as it costs a second file. */
  realUid(pid: number): Promise<number | undefined>
  /** undefined: not readable. */
  environ(pid: number): Promise<ReadonlyMap<string, string> | undefined>
  commandLine(pid: number): Promise<readonly string[] | undefined>
  workingDirectory(pid: number): Promise<string | undefined>
  /** Where a descriptor of a process leads, e.g. its log. */
  descriptor(pid: number, fd: number): Promise<string | undefined>
  /** Whether a descriptor of a process leads to the regular file of that path, by whatever name, or to one removed from there. */
  writesTo(pid: number, fd: number, path: AbsPath): Promise<boolean>
  /** kill(-pgid, 0): `alive` also when its members are not ours. Zombies count. */
  groupAnswers(pgid: number): Promise<boolean>
  signal(identity: Identity, signal: Signal): Promise<Signalled>
  signalGroup(group: VerifiedGroup, signal: Signal): Promise<Signalled>

  /** Queues for a directory; undefined when it could not be had within `waitMs`. */
  lock(directory: AbsPath, waitMs: number): Attempt<Lock | undefined>
  /** Runs a program to its end. */
  run(
    argv: readonly [string, ...string[]],
    options: { readonly cwd?: AbsPath; readonly env?: Readonly<Record<string, string>>; readonly timeoutMs: number },
  ): Promise<RunResult>
  /** CPU (% of one core, since its start) and resident memory (bytes) of live processes. */
  usage(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>>
  newLaunchId(): LaunchId
}

import { closeSync, fstatSync, openSync, readlinkSync, realpathSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { err, ok, type Result } from '../model/result.ts'
import type { Log } from './log.ts'

type Write = (chunk: Uint8Array, encoding: BufferEncoding, done: () => void) => void

/** Where a stream of Node's hands its bytes to; part of its contract with those who implement streams. */
interface Routable {
  _write: Write
}

const isSameFile = (fd: number, path: string): boolean => {
  try {
    const [open, named] = [fstatSync(fd), statSync(path)]
    return open.isFile() && open.ino === named.ino && open.dev === named.dev
  } catch {
    return false
  }
}

/** It was rotated beside that path while we booted: `w1.log.1`, `w1.log-20261130`, or `w1.log (deleted)`, as /proc has it. */
const wasFile = (fd: number, path: string): boolean => {
  try {
    const open = readlinkSync(`/proc/self/fd/${fd}`)
    const file = join(realpathSync(dirname(path)), basename(path))
    return (
      fstatSync(fd).isFile() &&
      open.startsWith(file) &&
      /^(?:[._-]\d[\dT:._-]*)?(?: \(deleted\))?$/.test(open.slice(file.length))
    )
  } catch {
    return false
  }
}

/** A line that a full disk refuses is lost, and only that: an error would end the stream for good. */
const writeTo =
  (fd: number): Write =>
  (chunk, _encoding, done) => {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at)
    } catch {
      // There is nowhere to say so.
    }
    done()
  }

/**
 * The log file of this process, opened anew when it was moved away (logrotate). Node has no dup2, so descriptors 1 and 2 go on
 * leading to the old file. What JavaScript writes to stdout, stderr and the console goes to the new one; what does not
 * pass through these streams does not: native code, and programs that the app starts with its own descriptors.
 */
export class Output {
  readonly #path: string | undefined
  readonly #streams: readonly NodeJS.WriteStream[]
  #fd: number | undefined

  /** Only where stdout or stderr really are that file, or were until it was rotated: on a terminal or a pipe there is nothing to open again. */
  constructor(logfile: string | undefined) {
    const logs = (fd: 1 | 2) => logfile !== undefined && (isSameFile(fd, logfile) || wasFile(fd, logfile))
    this.#streams = [...(logs(1) ? [process.stdout] : []), ...(logs(2) ? [process.stderr] : [])]
    // The app may change its directory.
    this.#path = logfile !== undefined && this.#streams.length > 0 ? resolve(logfile) : undefined
  }

  /** The descriptor for programs that are started from now on. */
  get fd(): number {
    return this.#fd ?? 1
  }

  reopen(): Result<string, string> {
    if (this.#path === undefined) return err('the output is not a log file')
    try {
      const fd = openSync(this.#path, 'a', 0o640)
      for (const stream of this.#streams) (stream as unknown as Routable)._write = writeTo(fd)
      if (this.#fd !== undefined) closeSync(this.#fd)
      this.#fd = fd
      return ok(this.#path)
    } catch (error) {
      return err(`${this.#path} cannot be opened: ${(error as Error).message}`)
    }
  }
}

export function reopenLog({ log, output }: { readonly log: Log; readonly output: Output }): void {
  const opened = output.reopen()
  if (opened.ok) log.info(`HUP: ${opened.value} opened again`)
  else log.warn(`HUP: nothing is opened again, ${opened.error}`)
}

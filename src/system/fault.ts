import { err, ok, type Result } from '../model/result.ts'
import type { Fault } from './port.ts'

/** errno name of a Node system error; its message where there is none. */
export const codeOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}

const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'])

/** What the kernel had too little of: descriptors, memory, or time to look at it in (EAGAIN, snapshot.ts). */
export function shortageOf(error: unknown): Fault | undefined {
  const code = codeOf(error)
  if (!SHORTAGES.has(code)) return undefined
  const { syscall = 'read', path } = error as NodeJS.ErrnoException
  return { code, call: syscall, ...(path === undefined ? {} : { path }) }
}

/**
 * The errno name of a read that failed. A shortage is thrown on: it answers nothing, and who took that for "there is nothing"
 * would start a worker a second time. It ends the command as a kill would, at any moment, and the next one finishes.
 */
export function codeOfRead(error: unknown): string {
  if (shortageOf(error)) throw error
  return codeOf(error)
}

/**
 * The numbers in /proc are of another pid namespace than those that kill(2) takes: what is read of one process says nothing of the
 * one that would be signalled. Thrown by whoever asks who we are, which is before any signal: it ends the command.
 */
export class ForeignProc extends Error {}

/** Without the stack of an error that nobody reads: collecting it costs more than the call. */
export function stackless<T>(work: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** Runs one call that only looks. */
export function looked<T>(call: string, path: string, work: () => T): Result<T, Fault> {
  try {
    return ok(stackless(work))
  } catch (error) {
    return err({ code: codeOfRead(error), call, path })
  }
}

/** Runs one system call; what the kernel refuses becomes a value. */
export function tried<T>(call: string, path: string | undefined, work: () => T): Result<T, Fault> {
  try {
    return ok(stackless(work))
  } catch (error) {
    return err({ code: codeOf(error), call, ...(path === undefined ? {} : { path }) })
  }
}

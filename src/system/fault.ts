import { err, ok, type Result } from '../model/result.ts'
import type { Fault } from './port.ts'

/** errno name of a Node system error; its message where there is none. */
export const codeOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}

/** Runs one system call; what the kernel refuses becomes a value. */
export function tried<T>(call: string, path: string | undefined, work: () => T): Result<T, Fault> {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0 // Nobody reads these stacks, and collecting them costs more than the call.
  try {
    return ok(work())
  } catch (error) {
    return err({ code: codeOf(error), call, ...(path === undefined ? {} : { path }) })
  } finally {
    Error.stackTraceLimit = limit
  }
}

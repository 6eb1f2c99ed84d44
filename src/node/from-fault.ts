import type { Failure } from '../model/failure.ts'
import type { Fault } from '../system/port.ts'

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS'])

/** A refused system call as the failure of what was tried. */
export function fromFault(fault: Fault, what: string, option?: string): Failure {
  const { code, call, path } = fault
  const at = path === undefined ? {} : { path }
  if (DENIED.has(code)) return { reason: 'denied', what, code, ...at, ...(option === undefined ? {} : { option }) }
  return { reason: 'system', what, call, code, ...at }
}

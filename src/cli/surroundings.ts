import type { AbsPath } from '../model/names.ts'

/** The directory of the call. It may have been deleted under us: stopping what was started from it must still work. */
export function callDirectory(): AbsPath {
  try {
    return process.cwd() as AbsPath
  } catch {
    return (process.env['PWD'] ?? '/') as AbsPath
  }
}

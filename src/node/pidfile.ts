import type { AbsPath } from '../model/names.ts'
import { looksLikePidfile } from '../model/pidfile-looks.ts'
import type { FileRead, System } from '../system/port.ts'

/** What stands where the pidfile should be. */
export type PidfileRead =
  | { readonly is: 'absent' }
  | { readonly is: 'pid'; readonly pid: number; readonly uid: number; readonly mtimeMs: number }
  /** Empty, torn, or no number, and not long enough to be anybody's file: stale by definition. */
  | { readonly is: 'garbage'; readonly why: string }
  /** Not a file of ours to read or remove. */
  | { readonly is: 'blocked'; readonly why: string }

/** A pidfile is a line; anything longer is not one. */
const LIMIT = 4096

/** pid_max is at most 2^22, proc(5). */
export const MAX_PID = 4_194_304

export function parsePidfile(read: FileRead): PidfileRead {
  if (read.found === 'nothing') return { is: 'absent' }
  if (read.found === 'other') return { is: 'blocked', why: `${read.what} stands where the pidfile should be` }
  if (read.found === 'unreadable') return { is: 'blocked', why: `the pidfile cannot be read (${read.code})` }
  const text = read.text.trim()
  const pid = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (pid < 1 || pid > MAX_PID) return spoilt(read.text)
  return { is: 'pid', pid, uid: read.uid, mtimeMs: read.mtimeMs }
}

function spoilt(text: string): PidfileRead {
  // `-p app.mjs` is a typing error, and must not cost the file.
  if (!looksLikePidfile(text)) return { is: 'blocked', why: NO_PIDFILE }
  return { is: 'garbage', why: text.trim() === '' ? 'the pidfile is empty' : 'the pidfile holds no pid' }
}

const NO_PIDFILE = 'the file is no pidfile (name another with --pidfile, or remove it yourself)'

export const readPidfile = async (system: System, path: AbsPath): Promise<PidfileRead> =>
  parsePidfile(await system.readFile(path, LIMIT))

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Rig } from '../../rig/rig.ts'

const PRELOAD = fileURLToPath(new URL('at-call.cjs', import.meta.url))

/**
 * `KILL 7`: before its 7th change; `STOP spawn`: before the first of that name; `STOP spawn+`: after it; `ENOSPC 4`: fails.
 * `EMFILE 4`: from its 4th call on that needs a descriptor there is none.
 */
export type AtCall =
  | `${'KILL' | 'STOP' | 'ENOSPC'} ${number | CallName}`
  | `EMFILE ${number}`
  | `${'KILL' | 'STOP'} ${CallName}+`

/** What changes anything: files, directories, processes. `create` opens a new file, `mkdir` is how the lock is taken. */
type CallName = 'symlink' | 'rename' | 'unlink' | 'write' | 'create' | 'mkdir' | 'rmdir' | 'spawn' | 'kill'

/** The environment of a multi to which that happens. */
export const atCall = (what: AtCall): NodeJS.ProcessEnv => ({ NODE_OPTIONS: `--require ${PRELOAD}`, AT_CALL: what })

/** The environment of a multi that writes its changes (or the calls that need a descriptor) down, and what it has written. */
export function listed(
  rig: Rig,
  what: 'changes' | 'EMFILE' = 'changes',
): { env: NodeJS.ProcessEnv; calls: () => string[] } {
  const file = join(rig.directory, 'calls')
  return {
    env: { NODE_OPTIONS: `--require ${PRELOAD}`, AT_CALL: what, AT_CALL_LIST: file },
    calls: () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []),
  }
}

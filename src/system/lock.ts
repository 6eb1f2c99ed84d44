import { existsSync } from 'node:fs'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import { codeOf } from './fault.ts'
import { type Fault, LOCK_NAME, type Lock } from './port.ts'

/** How old a lock may get before it counts as left by a dead command; the smallest that proper-lockfile takes. */
const STALE_MS = 2000

interface Waiting {
  readonly now: () => number
  readonly random: () => number
  readonly rest: (ms: number) => Promise<void>
  readonly interruptions: () => readonly unknown[]
}

/**
 * The queue of commands that want to change nodes of one directory and have found others at it. Only a queue: proper-lockfile can
 * grant a stale lock twice, and a suspended holder loses it, so what decides is the claim (node/claim.ts).
 */
export async function lock(
  directory: AbsPath,
  waitMs: number,
  waiting: Waiting,
): Promise<Result<Lock | undefined, Fault>> {
  const { default: lockfile } = await import('proper-lockfile')
  const deadline = waiting.now() + waitMs
  for (;;) {
    try {
      const release = await lockfile.lock(directory, {
        lockfilePath: `${directory}/${LOCK_NAME}`,
        realpath: false,
        stale: STALE_MS,
        update: STALE_MS / 2,
        onCompromised: () => undefined, // The claims hold without it.
      })
      return ok({ release: () => release().catch(() => undefined) }) // Already taken from us: nothing to give back.
    } catch (error) {
      const code = codeOf(error)
      // Of two that take over a stale lock, one may remove what the other has just made: its files are not there then.
      const contended = code === 'ELOCKED' || (code === 'ENOENT' && existsSync(directory))
      if (!contended) return err({ code, call: 'lock', path: directory })
    }
    if (waiting.now() >= deadline || waiting.interruptions().length > 0) return ok(undefined)
    await waiting.rest(5 + waiting.random() * 25)
  }
}

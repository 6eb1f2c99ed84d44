import type { Target } from '../model/spec.ts'
import type { Look } from './look.ts'
import type { Memory } from './memory.ts'
import { findWorker, observe, type Seen } from './observe.ts'
import { findAbandoned, vitalsOf } from './resolve.ts'

/**
 * For who only looks and resolves nothing: the same, and the worker of a start whose `multi` was killed before it could
 * record it. Else `stopped` would be said of a worker that runs.
 */
export async function observeAbandoned(look: Look, target: Target, memory: Memory): Promise<Seen> {
  const seen = await observe(look, target, memory)
  const { recordRead, claims, pidfile, launch } = seen
  // A start writes its plan before it spawns: without a record there is nobody to look for.
  if (recordRead.is !== 'record') return seen
  for (const claim of claims.abandoned) {
    if (claim.launch === launch?.id) continue
    const found = await findAbandoned(look.system, target, claim, 0, vitalsOf(look.system, recordRead))
    if (!found) continue
    const record = { ...recordRead.record, launch: found }
    return { ...seen, ...(await findWorker(look, target, { ...recordRead, record }, pidfile, memory)) }
  }
  return seen
}

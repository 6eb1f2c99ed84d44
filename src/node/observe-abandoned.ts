import type { Target } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import type { Claim, Claims } from './claim.ts'
import { whoIsDoubtful } from './doubtful.ts'
import { Look } from './look.ts'
import type { Memory } from './memory.ts'
import { findWorker, observe, pidfileOf, type Seen } from './observe.ts'
import { type Launch, readRecord, recordAsRead } from './record.ts'
import { findAbandoned } from './resolve.ts'

/** Which starts are looked behind. Default: those whose `multi` was killed. */
interface Behind {
  /** Also one that is under way, and may have spawned what it has not recorded yet. */
  readonly live?: boolean
}

/**
 * For who only looks and resolves nothing: the same, and the worker of a start whose `multi` was killed before it could
 * record it. Else `stopped` would be said of a worker that runs.
 */
export async function observeAbandoned(look: Look, target: Target, memory: Memory, behind: Behind = {}): Promise<Seen> {
  const { system } = look
  const record = recordAsRead(system, target.pidfile)
  const seen = await observe(look, target, memory, { pidfile: 'if-needed', record })
  const { recordRead, claims, launch } = seen
  // A start writes its plan before it spawns: without a record there is nobody to look for.
  if (recordRead.is !== 'record') return seen
  for (const claim of startsIn(claims, behind)) {
    if (claim.launch === launch?.id) continue
    const found = await findAbandoned(system, target, claim, 0, recordRead)
    // Resolved by somebody meanwhile, it tells of nobody any more: what its worker left in sessions of its own has the same mark.
    if (found && (await isVoid(system, target, claim)))
      return observeAbandoned(new Look(system), target, memory, behind)
    if (!found) {
      const isDead = claims.abandoned.includes(claim)
      const why = isDead && isOver(seen) ? await whoIsDoubtful(system, target, claim, recordRead) : undefined
      if (why === undefined) continue
      return { ...seen, state: { state: 'unknown', why } }
    }
    return ledBy(found, seen, look, target, memory)
  }
  return seen
}

/** What is seen if the record named that worker. */
export async function ledBy(launch: Launch, seen: Seen, look: Look, target: Target, memory: Memory): Promise<Seen> {
  const { recordRead } = seen
  if (recordRead.is !== 'record') return seen
  const read = { ...recordRead, record: { ...recordRead.record, launch } }
  return { ...seen, ...(await findWorker(look, target, read, pidfileOf(look.system, target), memory)) }
}

/** Starts that have not recorded whom they have started. */
export const startsIn = ({ abandoned, top }: Claims, { live = false }: Behind): readonly Claim[] =>
  live && top?.holder === 'alive' && top.claim.purpose === 'start' ? [...abandoned, top.claim] : abandoned

async function isVoid(system: System, { pidfile }: Target, { generation }: Claim): Promise<boolean> {
  const now = await readRecord(system, pidfile)
  return now.is === 'record' && now.record.generation >= generation
}

const isOver = ({ state: { state } }: Seen): boolean => state === 'stopped' || state === 'stale'

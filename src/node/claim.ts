import type { AbsPath, LaunchId } from '../model/names.ts'
import { type Identity, isDead, sameProcess } from '../model/process.ts'
import type { System } from '../system/port.ts'
import { claimPath } from './files.ts'
import type { Look } from './look.ts'

/**
 * A claim is the right to make one change to a node: start it, signal it, clear up after it.
 *
 * Changes are numbered. The record says which change wrote it; the right to make the next one belongs to whoever creates
 * the claim of that number first. Creating a symlink is atomic and exclusive on every Linux file system and carries its text,
 * so a claim is there whole or not at all. Nobody ever removes another's claim: if its owner died, the next number is claimed
 * above it, and the claims below are void once a record of a higher number is written. So two commands can never both believe
 * that they hold the right, whatever the lock says (proper-lockfile can grant a stale lock twice).
 */
export interface Claim {
  readonly generation: number
  /** For a start: the launch id that the worker gets, by which it is found if its starter dies before it could record it. */
  readonly launch: LaunchId
  readonly purpose: 'start' | 'stop'
  readonly owner: Identity
  /** Whose symlink it is: whoever may write to the directory can put one there. */
  readonly uid: number
}

/** Of a claim that launches nobody. */
export const NO_LAUNCH = 'none' as LaunchId

type ClaimHolder = 'ours' | 'alive' | 'dead'

export interface Claims {
  /** The highest: whoever holds it may act. */
  readonly top?: { readonly claim: Claim; readonly holder: ClaimHolder }
  /** Dead starts below it, or it itself: each may have left a worker that nobody recorded. */
  readonly abandoned: readonly Claim[]
  /** Number of the next change. */
  readonly next: number
  /** The claim of the record's own change is still there: who made it was killed before giving it back. Not looked for under ours. */
  readonly leftover?: boolean
}

export const formatClaim = ({ launch, purpose, owner }: Pick<Claim, 'launch' | 'purpose' | 'owner'>): string =>
  [1, purpose, launch, owner.pid, owner.startTicks, owner.bootId, owner.pidNamespace].join(' ')

export function parseClaim(text: string, generation: number): Omit<Claim, 'uid'> | undefined {
  const [version, purpose, launch, pid, startTicks, bootId, pidNamespace] = text.split(' ')
  if (version !== '1' || (purpose !== 'start' && purpose !== 'stop') || !launch || !bootId || !pidNamespace)
    return undefined
  const owner = { pid: Number(pid), startTicks: Number(startTicks), bootId, pidNamespace }
  if (!Number.isSafeInteger(owner.pid) || owner.pid < 0 || !Number.isSafeInteger(owner.startTicks)) return undefined
  return { generation, launch: launch as LaunchId, purpose, owner }
}

interface Known {
  /** Has just been made: nobody removes another's claim, so it needs no look. */
  readonly ours?: Claim | undefined
  /** By a listing of its directory. */
  readonly isMissing?: Look['isMissing']
}

/** Reads upwards from the record's number. Usually there is nothing, so these are two lstats. */
export async function readClaims(
  system: System,
  pidfile: AbsPath,
  recorded: number,
  { ours, isMissing }: Known = {},
): Promise<Claims> {
  const abandoned: Claim[] = []
  let top: Claims['top']
  const read = async (path: AbsPath) => (isMissing && (await isMissing(path)) ? undefined : system.readlink(path))
  const leftover = !ours && recorded > 0 && (await read(claimPath(pidfile, recorded))) !== undefined
  for (let next = recorded + 1; ; next++) {
    if (ours?.generation === next) {
      top = topOf(top, ours, 'ours')
      continue
    }
    const path = claimPath(pidfile, next)
    const text = await read(path)
    if (text === undefined) return { abandoned, next, ...(leftover ? { leftover } : {}), ...(top ? { top } : {}) }
    const uid = (await system.stat(path))?.uid ?? NOBODY
    const claim = { ...(parseClaim(text, next) ?? unreadableClaim(next)), uid }
    const holder = await holderOf(system, claim)
    // It may have been given back, and its number be taken by another, before its owner ended: what cannot change any more is only
    // what is there when the owner is dead.
    if (holder === 'dead' && (await system.readlink(path)) !== text)
      return readClaims(system, pidfile, recorded, { ours })
    if (holder === 'dead' && claim.purpose === 'start') abandoned.push(claim)
    top = topOf(top, claim, holder)
  }
}

/** Ours above one that may live (it was dead when we claimed, and now cannot be looked at) is no right: its start may be under way. */
const topOf = (below: Claims['top'], claim: Claim, holder: ClaimHolder): Claims['top'] =>
  holder === 'ours' && below?.holder === 'alive' ? below : { claim, holder }

/** (uid_t)-1, which no process can have: of a claim that was given back between two looks at it. */
const NOBODY = 0xffff_ffff

/** Not written by a version that we know: nobody that lives can hold it under our rules. */
const unreadableClaim = (generation: number): Omit<Claim, 'uid'> => ({
  generation,
  launch: 'unreadable' as LaunchId,
  purpose: 'stop',
  owner: { pid: 0, startTicks: 0, bootId: '', pidNamespace: '' },
})

async function holderOf(system: System, { owner, uid }: Claim): Promise<ClaimHolder> {
  const self = system.self.identity
  if (sameProcess(owner, self)) return 'ours'
  // Another namespace's processes cannot be seen from here. A claim lives for milliseconds: its command is long gone.
  if (owner.bootId !== self.bootId || owner.pidNamespace !== self.pidNamespace) return 'dead'
  const read = await system.process(owner.pid)
  if (read.found === 'nothing') return 'dead'
  if (read.found === 'unreadable') return 'alive'
  if (read.facts.startTicks !== owner.startTicks || isDead(read.facts)) return 'dead'
  return (await isMadeUp(system, uid, owner.pid)) ? 'dead' : 'alive'
}

/**
 * Whoever may write to the directory can put a claim there that names a process which never ends, such as init. A link is its
 * maker's, so a user's claim counts while a process of that user lives; root's and one's own are believed.
 */
async function isMadeUp(system: System, uid: number, pid: number): Promise<boolean> {
  if (uid === 0 || uid === system.self.uid || uid === NOBODY) return false
  const real = await system.realUid(pid)
  return real !== undefined && real !== uid
}

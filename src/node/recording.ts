import { err, ok } from '../model/result.ts'
import type { Target } from '../model/spec.ts'
import type { Owner, System } from '../system/port.ts'
import { recordPath } from './files.ts'
import { fromFault } from './from-fault.ts'
import type { Seen } from './observe.ts'
import type { Launch, NodeRecord } from './record.ts'
import type { Effect, Scene } from './scene.ts'
import { releaseClaims, writeRecord } from './write.ts'

type Changes = Partial<Pick<NodeRecord, 'wanted' | 'neverUp' | 'plan' | 'launch' | 'stop' | 'exits'>>

/** Writes the record under our claim's number, which voids that claim and all below, and removes them. */
export async function recorded(scene: Scene, changes: Changes): Effect {
  const { seen } = scene
  const written = await record(scene, changes)
  if (!written.ok) return written
  return givenBack(scene, (seen.record?.generation ?? 0) + 1, seen.claims.next - 1)
}

export async function record(
  { system, target, seen, goal }: Scene,
  changes: Changes,
  generation = seen.claims.next - 1,
): Effect {
  const owner = changes.plan ? undefined : await ownerToKeep(system, target, seen)
  // If it becomes our record, nothing that somebody else wrote goes into it.
  const before = isTheirs(system, seen) && !owner ? undefined : seen.record
  const { name, short, fleet, pidfile, logfile } = before ?? target
  const base = before ?? {
    v: 1 as const,
    name,
    short,
    fleet,
    pidfile,
    logfile,
    wanted: goal.goal === 'up' ? ('up' as const) : ('down' as const),
    exits: [],
  }
  const mine =
    goal.goal === 'up' ? { fleet: target.fleet, logfile: target.logfile, name: target.name, short: target.short } : {}
  const next: NodeRecord = {
    ...base,
    ...mine,
    pidfile: target.pidfile,
    ...withExit(seen, system, changes),
    ...changes,
    generation,
  }
  const written = await writeRecord(system, owner ? next : ownWords(next, seen, system), owner)
  return written.ok ? written : err(fromFault(written.error, `write the record of ${target.name}`, '--pidfile'))
}

/** A path that another user recorded for its worker's words must not become one's own: one's own are removed. */
function ownWords(next: NodeRecord, { recordRead }: Seen, { self }: System): NodeRecord {
  if (recordRead.is !== 'record' || recordRead.uid === self.uid || !next.launch) return next
  if (next.launch.id !== recordRead.record.launch?.id) return next
  const { vitals: _theirs, ...launch } = next.launch
  return { ...next, launch }
}

const isTheirs = ({ self }: System, { recordRead }: Seen): boolean =>
  self.uid === 0 && recordRead.is === 'record' && recordRead.uid !== 0

/**
 * Root may stop a user's worker; the user must be able to read about it afterwards, and what the user wrote must not become
 * root's word by passing through root's hands. Whom root starts is root's.
 */
async function ownerToKeep(system: System, { pidfile }: Target, { recordRead }: Seen): Promise<Owner | undefined> {
  if (system.self.uid !== 0 || (recordRead.is === 'record' && recordRead.uid === 0)) return undefined
  const facts = (await system.stat(recordPath(pidfile))) ?? (await system.stat(pidfile))
  return facts?.kind === 'file' && facts.uid !== 0 ? { uid: facts.uid, gid: facts.gid } : undefined
}

/** How the last one ended, if it was ours to see. */
function withExit({ record }: Seen, system: System, { launch }: Changes): { exits?: NodeRecord['exits'] } {
  const last: Launch | undefined = record?.launch
  const exit = last && launch && last.id !== launch.id ? system.exitOf(last.identity) : undefined
  return last && exit && record
    ? { exits: [...record.exits, { ...exit, at: system.wall(), pid: last.identity.pid }].slice(-5) }
    : {}
}

/** Gives a claim of ours back. With dead claims below it a record must void them first: readers count upwards from the record. */
export async function release(scene: Scene): Effect {
  const { seen } = scene
  const { top, next } = seen.claims
  if (top?.holder !== 'ours') return ok(undefined)
  // A record that cannot be read now tells of what must not be forgotten: it stays, and so do the claims below ours.
  if (seen.recordRead.is === 'blocked') return releaseOwn(scene)
  const recorded = seen.record?.generation ?? 0
  if (top.claim.generation > recorded + 1) {
    const written = await record(scene, {})
    if (!written.ok) return written
  }
  return givenBack(scene, recorded + 1, next - 1)
}

/** Alone, with the dead ones below it left in force. */
export async function releaseOwn(scene: Scene): Effect {
  const { top } = scene.seen.claims
  return top?.holder === 'ours' ? givenBack(scene, top.claim.generation, top.claim.generation) : ok(undefined)
}

export async function givenBack({ system, target }: Scene, lowest: number, highest: number): Effect {
  const released = await releaseClaims(system, target.pidfile, lowest, highest)
  return released.ok ? released : err(fromFault(released.error, `clear up after ${target.name}`))
}

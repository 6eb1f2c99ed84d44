import type { LaunchId } from '../model/names.ts'
import { err, ok, unreachable } from '../model/result.ts'
import type { Target } from '../model/spec.ts'
import { type Claims, formatClaim, NO_LAUNCH } from './claim.ts'
import { whoIsDoubtful } from './doubtful.ts'
import { claimPath, recordPath, wishPath } from './files.ts'
import { fromFault } from './from-fault.ts'
import type { Goal } from './goal.ts'
import { launch, savedPlan } from './launch.ts'
import { lastWordsPath, type Seen } from './observe.ts'
import { givenBack, record, recorded } from './recording.ts'
import { findAbandoned } from './resolve.ts'
import type { Effect, Scene } from './scene.ts'
import { killEffect, signalLeader, signalRest, signalSoft, skipSoft } from './signal-effects.ts'
import type { Change } from './step.ts'
import { removeVoided, writePidfile } from './write.ts'

/** Makes one change, and nothing on top: what comes next is decided from what is then seen. */
export function act(change: Change, scene: Scene): Effect {
  switch (change.step) {
    case 'claim':
      return claim(scene, change.purpose)
    case 'resolve':
      return resolve(scene)
    case 'clear':
      return clear(scene, change.why)
    case 'launch':
      return launchEffect(scene)
    case 'write-pidfile':
      return pidfileEffect(scene)
    case 'want':
      return want(scene)
    case 'unwant':
      return unwant(scene)
    case 'forget':
      return forget(scene)
    case 'signal-leader':
      return signalLeader(scene, change.signal)
    case 'signal-soft':
      return signalSoft(scene, change.signal)
    case 'skip-soft':
      return skipSoft(scene, change.why)
    case 'signal-rest':
      return signalRest(scene)
    case 'kill':
      return killEffect(scene)
    default:
      return unreachable(change)
  }
}

async function claim({ system, target, seen, goal, memory }: Scene, purpose: 'start' | 'stop'): Effect {
  const { identity: owner, uid } = system.self
  // The worker gets the claim's own launch id: that is how it is found should we die before we can record it.
  const launch = purpose === 'start' ? system.newLaunchId() : NO_LAUNCH
  const text = formatClaim({ launch, purpose, owner })
  const path = claimPath(target.pidfile, seen.claims.next)
  const made = await system.symlink(text, path)
  memory.claimed = made.ok ? { generation: seen.claims.next, launch, purpose, owner, uid } : undefined
  if (made.ok) return ok(undefined)
  // Somebody was faster, and the next look shows who; but what is no link is nobody's who would give it back.
  const kind = made.error.code === 'EEXIST' ? ((await system.stat(path))?.kind ?? 'symlink') : undefined
  if (kind === 'symlink') return ok(undefined)
  return err(fromFault(made.error, claimedFor(goal, seen, target), '--pidfile'))
}

const claimedFor = ({ goal }: Goal, { state }: Seen, { name }: Target): string => {
  if (goal === 'up') return `start ${name}`
  const hasEnded = state.state === 'stopped' || state.state === 'stale'
  return hasEnded ? `clear up after ${name}, whose worker has ended` : `stop ${name}`
}

async function resolve(scene: Scene): Effect {
  const { system, target, seen, memory, goal, emit } = scene
  const startMs = goal.goal === 'up' ? goal.startMs : 0
  for (const abandoned of seen.claims.abandoned) {
    if (memory.searched.has(abandoned.launch)) continue
    const known = seen.launch?.id === abandoned.launch
    const found = known ? undefined : await findAbandoned(system, target, abandoned, startMs, seen.recordRead)
    if (!found) {
      // The claim stays: it is all that tells of it.
      const why = known ? undefined : await whoIsDoubtful(system, target, abandoned, seen.recordRead)
      if (why !== undefined) return err({ reason: 'unknown', path: target.pidfile, why })
      memory.searched.add(abandoned.launch)
      continue
    }
    emit({ event: 'note', target, text: `took over pid ${found.identity.pid}, started by a multi that was killed` })
    const taken = await recorded(scene, { launch: found, wanted: 'up' })
    // Until it is recorded, that claim is all that tells of it.
    if (taken.ok) memory.searched.add(abandoned.launch)
    return taken
  }
  return ok(undefined)
}

/** The launch id that our claim promised. */
const claimedLaunch = ({ top }: Claims): LaunchId | undefined => (top?.holder === 'ours' ? top.claim.launch : undefined)

async function launchEffect(scene: Scene): Effect {
  const { system, target, goal, seen, memory, emit, environmentNames } = scene
  const id = claimedLaunch(seen.claims)
  if (goal.goal !== 'up' || !id) throw new Error('launch without the goal or the claim')
  const { plan } = goal
  sayUseless(scene)
  // What is wanted is on disk before anything is done for it; still under the old number, so that our claim stays in force.
  const generation = seen.record?.generation ?? 0
  const before = await record(scene, { wanted: 'up', plan: savedPlan(plan, environmentNames) }, generation)
  if (!before.ok) return before
  emit({ event: 'launching', target, argv: plan.argv })
  const launched = await launch(system, goal, id)
  const first = seen.record?.launch === undefined || seen.record.neverUp === true
  if (!launched.ok) {
    if (first) await record(scene, { ...FAILED_FIRST, plan: savedPlan(plan, environmentNames) }, generation)
    return launched
  }
  const { identity, logOffset } = launched.value
  memory.launched = { id, identity, logOffset, first }
  emit({ event: 'launched', target, pid: identity.pid })
  // The pidfile first: once the record is written, our claim is void and the next change may begin.
  const named = plan.pidfileOwner === 'worker' ? ok(undefined) : await pidfileOf(scene, identity.pid)
  const written = await recorded(scene, {
    wanted: 'up',
    plan: savedPlan(plan, environmentNames),
    launch: launched.value,
  })
  return named.ok ? written : named
}

async function pidfileOf({ system, target }: Scene, pid: number): Effect {
  const written = await writePidfile(system, target.pidfile, pid)
  return written.ok ? written : err(fromFault(written.error, `write the pidfile of ${target.name}`, '--pidfile'))
}

const pidfileEffect = (scene: Scene): Effect =>
  scene.seen.launch ? pidfileOf(scene, scene.seen.launch.identity.pid) : Promise.resolve(ok(undefined))

async function clear(scene: Scene, why: string | undefined): Effect {
  const { system, target, goal, seen, emit } = scene
  const removed = await system.remove(target.pidfile)
  if (!removed.ok) return err(fromFault(removed.error, `remove the stale pidfile of ${target.name}`, '--pidfile'))
  const lastWords = lastWordsPath(system, seen.recordRead)
  const spoke = lastWords && (await system.stat(lastWords)) !== undefined
  // The wish first: who spoke may have been asked for something, and is found by its words if we are killed in between.
  if (spoke) await system.remove(wishPath(lastWords))
  const silenced = spoke ? await system.remove(lastWords) : ok(undefined)
  // A directory that a worker made there must not fail its stop: see `hasLastWords`.
  if (!silenced.ok && silenced.error.code !== 'EISDIR')
    return err(fromFault(silenced.error, `remove the last words of ${target.name}`))
  if (why !== undefined) emit({ event: 'note', target, text: `removed a stale pidfile: ${why}` })
  if (goal.goal !== 'up') sayUseless(scene) // A start says it when it replaces the record.
  return ok(undefined)
}

function sayUseless({ seen: { recordRead }, target, emit }: Scene): void {
  if (recordRead.is === 'useless') emit({ event: 'note', target, text: `${recordRead.why}: ignored` })
}

const FAILED_FIRST = { wanted: 'down', neverUp: true } as const

/** A mistyped node must not be brought up again by every bare start, nor halt rolling restarts. If it cannot be noted, it will. */
async function unwant(scene: Scene): Effect {
  scene.memory.unwanted = true
  await recorded(scene, FAILED_FIRST)
  return ok(undefined)
}

async function forget(scene: Scene): Effect {
  const { system, target, seen, memory } = scene
  const voided = await removeVoided(system, target.pidfile, seen.record?.generation ?? 0)
  if (!voided.ok) return err(fromFault(voided.error, `clear up after ${target.name}`))
  const removed = await system.remove(recordPath(target.pidfile))
  if (!removed.ok) return err(fromFault(removed.error, `remove the record of ${target.name}`, '--pidfile'))
  memory.forgotten = true
  // From now on claims are counted from 1, and ours is in nobody's way.
  return givenBack(scene, Math.max(1, seen.record?.generation ?? 0), seen.claims.next - 1)
}

async function want(scene: Scene): Effect {
  const { goal, seen, system } = scene
  const wanted = goal.goal === 'up' ? 'up' : goal.goal === 'down' ? goal.wanted : 'down'
  const { state, launch } = seen
  if (state.state !== 'orphaned' || !launch)
    return recorded(scene, { wanted, ...(wanted === 'up' ? { neverUp: false } : {}) })
  const { uid, identity } = system.self
  const signal = (goal.goal === 'down' ? goal.signal : undefined) ?? 'TERM'
  return recorded(scene, {
    wanted,
    launch,
    stop: { at: system.wall(), signal, by: { uid, pid: identity.pid }, launch: launch.id },
  })
}

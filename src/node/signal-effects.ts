import type { Failure } from '../model/failure.ts'
import type { VerifiedGroup } from '../model/process.ts'
import { err, ok } from '../model/result.ts'
import type { Signal } from '../model/signals.ts'
import type { StopRequest } from '../model/state.ts'
import type { Signalled } from '../system/port.ts'
import { brief } from './brief.ts'
import { leadsSession } from './group.ts'
import { recorded } from './recording.ts'
import type { Effect, Scene } from './scene.ts'

/** The warm signal: to the leader only, once; recorded, so that whoever comes next joins the wait instead of signalling again. */
export async function signalLeader(scene: Scene, signal: Signal): Effect {
  const { system, target, goal, seen, memory, emit } = scene
  const { launch } = seen
  if (!launch) return ok(undefined)
  const { identity } = launch
  await caution(scene, identity.pid)
  const now = system.now()
  const answer = await system.signal(identity, signal)
  if (answer === 'denied') return err(await deniedBy(scene, signal))
  if (answer !== 'sent') return ok(undefined) // It ended meanwhile: the next look says so.
  // Verified to live, also where there was no look before.
  if (leadsSession(launch)) memory.witness = { identity, pgid: identity.pid, at: now }
  memory.stopping = { pid: identity.pid, identity }
  memory.signalled = true
  emit({ event: 'signalled', target, pid: identity.pid, signal, group: false })
  const wanted = goal.goal === 'down' ? goal.wanted : 'down'
  const written = await recorded(scene, { wanted, launch, stop: request(scene, signal) })
  if (written.ok) memory.asked = launch
  return written
}

/** The soft stage: jobs that run are to be given back. Recorded, so that whoever waits too does not ask again. */
export async function signalSoft(scene: Scene, signal: Signal): Effect {
  const { system, target, seen, memory, emit } = scene
  const { launch, record } = seen
  if (!launch || !record?.stop) return ok(undefined)
  const answer = await system.signal(launch.identity, signal)
  if (answer === 'denied') return err(await deniedBy(scene, signal))
  memory.softAt = system.now()
  if (answer !== 'sent') return ok(undefined)
  emit({ event: 'signalled', target, pid: launch.identity.pid, signal, group: false })
  return recorded(scene, { stop: { ...record.stop, softAt: system.wall() } })
}

export async function skipSoft({ target, memory, emit }: Scene, why: string): Effect {
  memory.softSkipped = true
  emit({ event: 'note', target, text: `the soft stage is skipped: ${why}` })
  return ok(undefined)
}

/** A setting that makes the warm signal a cold one is said before it is sent. */
async function caution({ system, target, seen, emit }: Scene, pid: number): Promise<void> {
  const known = seen.record?.plan?.caution
  if (known && (await system.environ(pid))?.get(known.variable) === known.value) {
    emit({ event: 'note', target, text: `${known.variable}=${known.value}: ${known.text}` })
  }
}

function request({ system, seen }: Scene, signal: Signal): StopRequest {
  const { uid, identity } = system.self
  const launch = seen.launch?.id
  if (!launch) throw new Error('a stop request without a launch')
  return { at: system.wall(), signal, by: { uid, pid: identity.pid }, launch }
}

/** TERM to what the leader left behind. Named, because these may be jobs. */
export async function signalRest(scene: Scene): Effect {
  const { system, target, seen, memory, emit } = scene
  const group = groupOf(scene)
  if (!group) return ok(undefined)
  // Looked up before they get it: TERM may be so fast that there is no command line to read any more.
  const pids = group.evidence.map(({ pid }) => pid)
  const names = await named(scene, pids)
  const answer = await system.signalGroup(group, 'TERM')
  if (answer === 'denied') return err(await deniedBy(scene, 'TERM'))
  if (answer !== 'sent') return ok(undefined)
  memory.signalled = true
  emit({ event: 'note', target, text: `its main process is gone; TERM to what it left: ${names}` })
  const stop = { ...(seen.record?.stop ?? request(scene, 'TERM')), orphansSignalledAt: system.wall() }
  return recorded(scene, { stop, ...(seen.launch ? { launch: seen.launch } : {}) })
}

async function named({ system }: Scene, pids: readonly number[]): Promise<string> {
  const parts: string[] = []
  for (const pid of pids.slice(0, 5)) {
    const words = await system.commandLine(pid)
    parts.push(`${pid} (${words ? brief(words, 160) : '?'})`)
  }
  return pids.length > 5 ? `${parts.join(', ')} and ${pids.length - 5} more` : parts.join(', ')
}

/** KILL to the whole proven group; to the process alone where its group is not its own. */
export async function killEffect(scene: Scene): Effect {
  const { system, target, seen, memory, emit } = scene
  const { launch } = seen
  const group = groupOf(scene)
  if (!group && !launch) return ok(undefined)
  const pid = launch?.identity.pid ?? group?.pgid ?? 0
  const victims = group ? await members(scene, group) : [pid]
  const answer: Signalled = group
    ? await system.signalGroup(group, 'KILL')
    : launch
      ? await system.signal(launch.identity, 'KILL')
      : 'gone'
  if (answer === 'denied') return err(await deniedBy(scene, 'KILL'))
  memory.killedAt ??= system.now()
  memory.kills++
  if (answer !== 'sent') return ok(undefined)
  memory.stopping ??= { pid, ...(launch ? { identity: launch.identity } : {}) }
  for (const victim of victims) memory.killed.add(victim)
  if (seen.vitals) memory.lost = seen.vitals.active
  emit({ event: 'signalled', target, pid, signal: 'KILL', group: group !== undefined })
  return ok(undefined)
}

async function members({ system }: Scene, { pgid }: VerifiedGroup): Promise<number[]> {
  return (await system.processes()).filter(({ pgrp, state }) => pgrp === pgid && state !== 'Z').map(({ pid }) => pid)
}

function groupOf({ seen }: Scene): VerifiedGroup | undefined {
  const { state } = seen
  return 'group' in state ? state.group : undefined
}

async function deniedBy({ system, target, seen }: Scene, signal: Signal): Promise<Failure> {
  const pid = seen.launch?.identity.pid ?? 0
  const uid = await system.realUid(pid)
  return {
    reason: 'denied',
    what: `send ${signal} to ${target.name} (pid ${pid})`,
    ...(uid === undefined ? {} : { user: `uid ${uid}` }),
  }
}

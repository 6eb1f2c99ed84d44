import type { Meant } from '../fleet/targets.ts'
import { LSB, type LsbCode, worstLsb } from '../model/exit-code.ts'
import { unreachable } from '../model/result.ts'
import type { NodeState } from '../model/state.ts'
import type { Jobs, StatusRow } from '../model/status.ts'
import { Look } from '../node/look.ts'
import { newMemory } from '../node/memory.ts'
import type { Seen } from '../node/observe.ts'
import { observeAbandoned } from '../node/observe-abandoned.ts'
import { type Heard, SILENT_AFTER_MS } from '../node/vitals.ts'
import type { System, Usage } from '../system/port.ts'
import { isSet } from './read-settings.ts'
import { meantNodes } from './selection.ts'
import { type Answer, type Context, failed, type Verb } from './verb.ts'

function lsbCode({ state }: NodeState): LsbCode {
  switch (state) {
    case 'starting':
    case 'running':
    case 'quiet':
    case 'draining':
      return LSB.running
    case 'stale':
    case 'orphaned':
      return LSB.dead
    case 'stopped':
      return LSB.stopped
    case 'foreign':
    case 'unknown':
      return LSB.unknown
    default:
      return unreachable(state)
  }
}

async function run(context: Context): Promise<Answer> {
  const { system, line } = context
  const meant = await meantNodes(context)
  if (!meant.ok) return failed(meant.error)
  const look = new Look(system, { lists: meant.value.length > 1 })
  const seen = new Map<Meant, Seen>()
  for (const one of meant.value) seen.set(one, await observeAbandoned(look, one.target, newMemory()))
  const usage = isSet(line.settings, '--stats') ? await usageOf(system, [...seen.values()]) : undefined
  const rows = [...seen].map(([one, of]) => rowOf(system, one, of, usage))
  return { kind: 'status', rows, code: worstLsb([...seen.values()].map(({ state }) => lsbCode(state))) }
}

const pidOf = ({ state, launch }: Seen): number | undefined => {
  switch (state.state) {
    case 'starting':
    case 'running':
    case 'quiet':
      return state.identity.pid
    case 'draining':
      return state.leader?.pid
    case 'stale':
      return state.pid
    case 'orphaned':
      return launch?.identity.pid
    case 'stopped':
    case 'foreign':
    case 'unknown':
      return undefined
    default:
      return unreachable(state)
  }
}

const usageOf = (system: System, seen: readonly Seen[]): Promise<ReadonlyMap<number, Usage>> =>
  system.usage(
    seen
      .filter(({ state }) => lsbCode(state) === LSB.running)
      .map(pidOf)
      .filter((pid) => pid !== undefined),
  )

function rowOf(system: System, { target, record }: Meant, seen: Seen, usage?: ReadonlyMap<number, Usage>): StatusRow {
  const { state, launch } = seen
  const pid = pidOf(seen)
  const plan = seen.record?.plan ?? record?.plan
  const alive = lsbCode(state) === LSB.running
  const since =
    alive && launch
      ? {
          startedAt: launch.startedAt,
          uptimeSeconds: Math.max(0, Math.round((system.now() - launch.startedMono) / 1000)),
        }
      : {}
  const note = noteOf(system, seen)
  const { vitals } = seen
  const { name, pidfile, logfile, fleet } = target
  return {
    name,
    state: state.state,
    pidfile,
    logfile,
    fleet,
    ...since,
    ...(pid === undefined ? {} : { pid, ...usage?.get(pid) }),
    ...(plan ? { kind: plan.kind, argv: plan.argv } : {}),
    ...(note === undefined ? {} : { note }),
    ...(vitals && alive ? { jobs: jobsOf(vitals), heardSecondsAgo: Math.round(vitals.heardMs / 1000) } : {}),
  }
}

/** The age of a job goes on also while the worker is silent. */
const jobsOf = ({ active, reserved, done, oldestStartedAt, updatedAt, heardMs }: Heard): Jobs => ({
  active,
  reserved,
  done,
  oldestSeconds:
    oldestStartedAt === null ? null : Math.max(0, Math.round((updatedAt - oldestStartedAt + heardMs) / 1000)),
})

/** What it says, where that is not what is seen, and when it says nothing. */
function* wordNotes({ state, vitals, record }: Seen): Generator<string> {
  if (lsbCode(state) !== LSB.running) return
  if (!vitals) {
    const couldSpeak = record?.plan?.ready === 'vitals' || record?.plan?.ready === 'pidfile+alive'
    if (couldSpeak && state.state !== 'starting') yield 'mute: it does not say how it is'
    return
  }
  if (vitals.exit?.reason) yield vitals.exit.reason
  if (vitals.heardMs >= SILENT_AFTER_MS) yield `last heard ${Math.round(vitals.heardMs / 1000)} s ago`
  if (vitals.state === 'draining' && state.state !== 'draining') yield 'it is shutting down, not by multi'
}

/** Why a worker that nobody stopped cannot be there any more. */
function whereItRan(system: System, { record }: Seen): string | undefined {
  const identity = record?.launch?.identity
  if (!identity) return undefined
  if (identity.bootId !== system.self.identity.bootId) return 'before the machine was booted'
  return identity.pidNamespace === system.self.identity.pidNamespace ? undefined : 'in another container'
}

/** What the state alone does not say. */
function noteOf(system: System, seen: Seen): string | undefined {
  const { state, record, recordRead, launch, claims } = seen
  const notes: string[] = [...wordNotes(seen)]
  if ('suspended' in state && state.suspended) notes.push('suspended')
  if ('adopted' in state && state.adopted) notes.push('not started by multi')
  if (state.state === 'stale' || state.state === 'unknown') notes.push(state.why)
  if (state.state === 'draining' && !state.leader)
    notes.push(`its main process is gone, ${state.group?.evidence.length ?? 0} left of its group`)
  if (state.state === 'orphaned')
    notes.push(
      `pid ${launch?.identity.pid} is gone, left of its group: ${state.group.evidence.map(({ pid }) => pid).join(', ')}`,
    )
  if (state.state === 'stopped' && record?.wanted === 'up')
    notes.push(record.launch ? `should be up; pid ${record.launch.identity.pid} is gone` : 'should be up')
  if (state.state === 'stopped' && record?.neverUp) notes.push('its first start failed')
  const ranElsewhere = whereItRan(system, seen)
  if (ranElsewhere && record?.wanted === 'up' && (state.state === 'stopped' || state.state === 'stale'))
    notes.push(`its worker ran ${ranElsewhere}`)
  if (recordRead.is === 'useless') notes.push(recordRead.why)
  if (claims.top?.holder === 'alive') notes.push(`being changed by pid ${claims.top.claim.owner.pid}`)
  if (claims.top?.holder === 'dead') notes.push('a multi was killed while changing it: run the command again')
  return notes.length > 0 ? notes.join('; ') : undefined
}

export const status: Verb = {
  name: 'status',
  summary: 'print what each node is: its state, pid, age',
  usage: '[NODE…|N] [OPTIONS]',
  nodesOptional: true,
  handsNothingOn: true,
  run,
}

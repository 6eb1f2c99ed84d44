import { leadsSession } from '../node/group.ts'
import type { Seen } from '../node/observe.ts'
import { type Launch, type RecordRead, recordAsRead } from '../node/record.ts'
import type { Step } from '../node/step.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

type Recorded = Extract<RecordRead, { is: 'record' }>

/**
 * Of a node that is to be stopped and was not looked at yet: by the record that was just read, it will most likely be signalled.
 * So it is claimed at once. If the record is one's own and still the same under the claim, its worker is presumed to run: whether it
 * lives, the signal verifies, and where it does not all goes on with a look. Otherwise the first look is one under the claim.
 * Nothing else is decided from that record: where the claim is not to be had, all goes on as if there had been a look only.
 */
export async function presume(run: Run, system: System): Promise<Step | undefined> {
  const read = recordAsRead(system, run.task.target.pidfile)
  if (run.goal.goal !== 'down' || read?.is !== 'record') return undefined
  const { launch } = read.record
  if (!launch || !(await isToBeSignalled(read, launch, system))) return undefined
  const state = presumedState(read, launch, system)
  run.seen = unseen(read, launch, state)
  return { step: 'claim', purpose: 'stop', blind: state ? 'presumed' : 'unseen' }
}

async function isToBeSignalled({ record: { stop } }: Recorded, launch: Launch, system: System): Promise<boolean> {
  const { id, vitals } = launch
  if (stop?.launch === id) return false
  // One that talks may be asked to take no more jobs before it is claimed.
  return !vitals || (await system.stat(vitals.path)) === undefined
}

type State = Seen['state']

/** Whose group may hold others, and what is to be said before the signal, only a look can tell. */
function presumedState({ record, uid }: Recorded, launch: Launch, { self }: System): State | undefined {
  if (uid !== self.uid || !leadsSession(launch) || record.plan?.caution) return undefined
  const { identity, id } = launch
  return { state: 'running', identity, suspended: false, launch: id, adopted: false }
}

const unseen = (read: Recorded, launch: Launch, state: State | undefined): Seen => ({
  state: state ?? { state: 'unknown', why: 'it has not been looked at' },
  ...(state ? { launch } : {}),
  record: read.record,
  recordRead: read,
  claims: { abandoned: [], next: read.record.generation + 1 },
  pidfile: { is: 'unread' },
  leftover: false,
})

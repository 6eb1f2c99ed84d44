import type { Seen } from '../node/observe.ts'
import { type RecordRead, recordAsRead } from '../node/record.ts'
import type { Step } from '../node/step.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

type Recorded = Extract<RecordRead, { is: 'record' }>

/**
 * Of a node that is to be stopped and was not looked at yet: by the record that was just read, it will most likely be signalled.
 * Then its first look is one under the claim, and the only one before the signal. Nothing else is decided from that record: where
 * the claim is not to be had, or the look shows that there is nothing to change, all goes on as if there had been a look only.
 */
export async function presume(run: Run, system: System): Promise<Step | undefined> {
  const read = recordAsRead(system, run.task.target.pidfile)
  if (run.goal.goal !== 'down' || read?.is !== 'record' || !(await isToBeSignalled(read, system))) return undefined
  run.seen = unseen(read)
  return { step: 'claim', purpose: 'stop', blind: true }
}

async function isToBeSignalled({ record: { launch, stop } }: Recorded, system: System): Promise<boolean> {
  if (!launch || stop?.launch === launch.id) return false
  // One that talks may be asked to take no more jobs before it is claimed.
  return !launch.vitals || (await system.stat(launch.vitals.path)) === undefined
}

const unseen = (read: Recorded): Seen => ({
  state: { state: 'unknown', why: 'it has not been looked at' },
  record: read.record,
  recordRead: read,
  claims: { abandoned: [], next: read.record.generation + 1 },
  pidfile: { is: 'unread' },
  leftover: false,
})

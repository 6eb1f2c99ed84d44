import type { Seen } from '../node/observe.ts'
import type { RecordRead } from '../node/record.ts'
import { recordAsRead } from '../node/record.ts'
import type { Step } from '../node/step.ts'
import type { System } from '../system/port.ts'
import type { Run } from './run.ts'

/**
 * Of a node not looked at yet: by the record that was just read, it will most likely be changed. Then its first look is one under
 * the claim, and the only one before the change. Nothing else is decided from that record: where the claim is not to be had, or
 * the look shows that there is nothing to change, all goes on as if there had been a look only.
 */
export async function presume(run: Run, system: System): Promise<Step | undefined> {
  const read = recordAsRead(system, run.task.target.pidfile)
  const purpose = await likelyChange(run, read, system)
  if (!purpose) return undefined
  run.seen = unseen(read)
  return { step: 'claim', purpose, blind: true }
}

async function likelyChange(
  { goal }: Run,
  read: RecordRead | undefined,
  system: System,
): Promise<'start' | 'stop' | undefined> {
  if (read?.is !== 'record') return undefined
  const { launch, stop } = read.record
  const isStopping = launch === undefined || stop?.launch === launch.id
  if (goal.goal !== 'down' || isStopping) return undefined
  // One that talks may be asked to take no more jobs before it is claimed.
  return launch.vitals && (await system.stat(launch.vitals.path)) ? undefined : 'stop'
}

function unseen(read: RecordRead | undefined): Seen {
  const record = read?.is === 'record' ? read.record : undefined
  return {
    state: { state: 'unknown', why: 'it has not been looked at' },
    recordRead: read ?? { is: 'absent' },
    claims: { abandoned: [], next: (record?.generation ?? 0) + 1 },
    pidfile: { is: 'unread' },
    leftover: false,
    ...(record ? { record } : {}),
  }
}

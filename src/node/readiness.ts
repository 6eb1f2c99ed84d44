import type { PidfileRead } from './pidfile.ts'
import type { Launch, NodeRecord } from './record.ts'
import type { Heard } from './vitals.ts'

/** A worker that should have spoken and did not counts by what can be seen of it, this much later. */
const MUTE_AFTER_MS = 5000

/**
 * `booting`, or `running` by its own word or by what can be seen of it, or `quiet`. Its vitals decide where there are any;
 * without them its plan says what counts. It was alive `at` that moment (monotonic, ms).
 */
export async function stageOf(
  { plan }: NodeRecord,
  launch: Launch,
  at: number,
  pidfile: () => Promise<PidfileRead>,
  vitals: Heard | undefined,
): Promise<'starting' | 'running' | 'quiet'> {
  if (vitals && vitals.state !== 'gone') {
    return vitals.state === 'booting' ? 'starting' : vitals.state === 'quiet' ? 'quiet' : 'running'
  }
  if (launch.adopted) return 'running'
  const age = at - launch.startedMono
  const ready = plan?.ready ?? 'alive'
  if (ready === 'alive') return age >= launch.startMs ? 'running' : 'starting'
  const read = await pidfile()
  const named = read.is === 'pid' && read.pid === launch.identity.pid
  switch (ready) {
    case 'pidfile':
      return named ? 'running' : 'starting'
    case 'pidfile+alive':
      return named && age >= launch.startMs ? 'running' : 'starting'
    case 'vitals':
      // Without a place for vitals its pidfile is its word; with one, silence may be a full disk.
      return named && age >= launch.startMs + (launch.vitals ? MUTE_AFTER_MS : 0) ? 'running' : 'starting'
  }
}

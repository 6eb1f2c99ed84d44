import { EXIT } from '../model/exit-code.ts'
import type { Sink } from '../report/sink.ts'

/** All that was written is out; a full disk under a redirected stdout is a failure that exit code 0 would hide. */
export async function ended(sink: Sink, code: number): Promise<number> {
  await sink.flush()
  const fault = sink.fault()
  if (fault === undefined) return code
  const { reportLost } = await import('./reporting.ts')
  reportLost(sink, fault)
  await sink.flush()
  return code === EXIT.ok ? EXIT.failed : code
}

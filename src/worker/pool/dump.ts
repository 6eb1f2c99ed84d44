import type { Log } from '../log.ts'
import type { Sample } from '../vitals.ts'
import type { Slot } from './slot.ts'

const age = (since: number | null | undefined): number | undefined =>
  since === null || since === undefined ? undefined : Math.round((Date.now() - since) / 1000)

/** What the parent knows; each child writes its own jobs to its own log. */
export function dumpPool(log: Log, { state, active, reserved, done }: Sample, slots: readonly Slot[]): void {
  log.info('status', { state, active, reserved, done, pid: process.pid })
  for (const slot of slots) {
    const { phase, rss } = slot.view()
    if (phase === 'off') continue
    const oldest = age(slot.report?.oldestStartedAt)
    log.info(`child ${slot.index}`, {
      phase,
      ...(slot.pid !== undefined && { pid: slot.pid }),
      active: slot.report?.active ?? 0,
      done: slot.done,
      ...(oldest !== undefined && { oldestSeconds: oldest }),
      rss: `${Math.round(rss / 1024)} KiB`,
      ...(slot.failures > 0 && { failures: slot.failures }),
    })
  }
}

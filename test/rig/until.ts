import { setTimeout as rest } from 'node:timers/promises'
import { PATIENCE } from './patience.ts'

/** Generous: it is only ever reached by a test that fails, also where several suites run at once. */
const DEADLINE_MS = 180_000 * PATIENCE

/** Waits for a condition, and answers what it answered; fails naming `what` it waited for. */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const answer = await condition()
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer as Exclude<T, undefined | null | false>
    }
    if (performance.now() >= deadline) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`)
    await rest(20)
  }
}

/** Only to show that nothing happens: no condition can say so. */
export const whileNothingHappens = (ms = 500): Promise<void> => rest(ms)

/** Until a fault shall strike, at a time that chance has chosen: no wait for anything. */
export const untilItsMoment = (ms: number): Promise<void> => rest(ms)

/** Between two jobs of a load, or two looks of an onlooker who watches to the end: no wait for anything. */
export const pause = (ms: number): Promise<void> => rest(ms)

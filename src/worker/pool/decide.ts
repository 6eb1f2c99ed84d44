import { isIdle, type Limits, membersOf, type PoolView, type SlotView } from './view.ts'

export type Step =
  | { readonly step: 'start'; readonly index: number }
  | { readonly step: 'drain'; readonly index: number; readonly why: 'recycle' | 'shrink'; readonly because: string }
  /** Not running, and no more wanted. */
  | { readonly step: 'drop'; readonly index: number }

/** What to do next in a pool that is neither stopping nor quiet. */
export function decide(view: PoolView, limits: Limits, now: number): readonly Step[] {
  const fewer = shrink(view)
  return [...grow(view, now), ...(fewer.length > 0 ? fewer : recycle(view, limits))]
}

function grow(view: PoolView, now: number): Step[] {
  const due = view.slots.filter(({ phase, retryAt }) => phase === 'down' && retryAt <= now)
  const missing = Math.max(0, view.wanted - membersOf(view).length)
  const fresh = view.slots.filter(({ phase }) => phase === 'off').slice(0, missing)
  return [...due, ...fresh].map(({ index }) => ({ step: 'start', index }))
}

/** First those that do not run, then the ones that have been idle for longest; one with a job only when there is no other. */
function rank(slot: SlotView): number {
  if (slot.phase === 'down') return Number.NEGATIVE_INFINITY
  return isIdle(slot) ? (slot.idleSince ?? 0) : Number.POSITIVE_INFINITY
}

function shrink(view: PoolView): Step[] {
  const members = membersOf(view)
  const surplus = members.length - view.wanted
  if (surplus <= 0) return []
  return members
    .filter(({ phase }) => phase === 'down' || phase === 'ready')
    .sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0))
    .slice(0, surplus)
    .map(({ index, phase }) =>
      phase === 'down'
        ? { step: 'drop', index }
        : { step: 'drain', index, why: 'shrink', because: 'there is not enough to do' },
    )
}

function reasonToRecycle({ done, rss, rssAtReady = 0 }: SlotView, { maxTasks, maxMemory }: Limits): string | undefined {
  if (maxTasks !== undefined && done >= maxTasks) return `it has done ${done} jobs`
  const kib = Math.round(rss / 1024)
  if (maxMemory === undefined || kib <= maxMemory) return undefined
  // A limit below what an idle child takes would end each as soon as it is ready; Celery looks after a job only.
  return done > 0 || rssAtReady / 1024 <= maxMemory ? `it has taken ${kib} KiB of memory` : undefined
}

/** One at a time, and only while at least half of the pool goes on working; a pool of one cannot but stop for a moment. */
function recycle(view: PoolView, limits: Limits): Step[] {
  const { slots, wanted } = view
  if (slots.some(({ recycling }) => recycling)) return []
  const ready = slots.filter(({ phase }) => phase === 'ready')
  if (wanted > 1 && (ready.length - 1) * 2 < wanted) return []
  for (const slot of ready) {
    const because = reasonToRecycle(slot, limits)
    if (because !== undefined) return [{ step: 'drain', index: slot.index, why: 'recycle', because }]
  }
  return []
}

/** When to look again, if nothing happens before. */
export const wakeAt = ({ slots }: PoolView): number =>
  Math.min(...slots.filter(({ phase }) => phase === 'down').map(({ retryAt }) => retryAt), Number.POSITIVE_INFINITY)

import { isIdle, type Limits, membersOf, type PoolView } from './view.ts'

/** Idle long enough, and long enough after the pool grew: Celery's AUTOSCALE_KEEPALIVE. */
const spareAt = (idleSince: number | undefined, { scaledUpAt }: PoolView, { keepAliveMs }: Limits): number =>
  Math.max(idleSince ?? Number.POSITIVE_INFINITY, scaledUpAt) + keepAliveMs

/**
 * How many children there should be. As Celery's autoscaler: as many as there are jobs, running and waiting; where the app
 * says nothing of those that wait, one more whenever all are busy. Fewer when children have been idle for a while.
 */
export function scaleTo(view: PoolView, limits: Limits, now: number): number {
  const { autoscale } = limits
  const { wanted, backlog } = view
  if (autoscale === undefined) return wanted
  const members = membersOf(view)
  const jobs = members.reduce((sum, { active }) => sum + active, 0) + (backlog ?? 0)
  const allBusy = members.length >= wanted && members.every(({ phase, active }) => phase === 'ready' && active > 0)
  const needed = backlog === undefined && allBusy ? Math.max(jobs, wanted + 1) : jobs
  if (needed > wanted) return Math.max(wanted, Math.min(needed, autoscale.max))
  const spare = members.filter((slot) => isIdle(slot) && spareAt(slot.idleSince, view, limits) <= now)
  return Math.max(wanted - spare.length, Math.min(wanted, Math.max(needed, autoscale.min)))
}

/** When the pool may next shrink by itself. */
export function shrinksAt(view: PoolView, limits: Limits): number {
  const { autoscale } = limits
  if (autoscale === undefined || view.wanted <= autoscale.min) return Number.POSITIVE_INFINITY
  return Math.min(
    ...membersOf(view)
      .filter(isIdle)
      .map((slot) => spareAt(slot.idleSince, view, limits)),
    Number.POSITIVE_INFINITY,
  )
}

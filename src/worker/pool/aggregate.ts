import type { Sample } from '../vitals.ts'
import type { Slot } from './slot.ts'

export interface PoolState {
  readonly stopping: boolean
  /** All children were ready once. */
  readonly begun: boolean
  readonly quiet: boolean
  readonly loud: boolean
  readonly trouble?: Sample['exit']
}

const sum = (slots: readonly Slot[], of: (slot: Slot) => number): number =>
  slots.reduce((total, slot) => total + of(slot), 0)

/** One that is replaced finishes its jobs. */
const takesNone = ({ report }: Slot): boolean => report?.state === 'quiet' || report?.state === 'draining'

function stateOf(slots: readonly Slot[], { stopping, begun, quiet }: PoolState): Sample['state'] {
  if (stopping) return 'draining'
  const working = slots.filter((slot) => slot.view().phase === 'ready')
  if (!begun) return 'booting'
  if (quiet && slots.filter(({ running }) => running).every(takesNone)) return 'quiet'
  // With every child down it does no job, whatever it once could.
  return working.length === 0 && !slots.some((slot) => slot.view().leaving === 'recycle') ? 'booting' : 'ready'
}

/** One worker, made of its children. */
export function aggregate(slots: readonly Slot[], state: PoolState): Sample {
  const starts = slots.map(({ report }) => report?.oldestStartedAt ?? null).filter((at) => at !== null)
  return {
    state: stateOf(slots, state),
    active: sum(slots, ({ report }) => report?.active ?? 0),
    reserved: sum(slots, ({ report }) => report?.reserved ?? 0),
    done: sum(slots, ({ done }) => done),
    oldestStartedAt: starts.length === 0 ? null : Math.min(...starts),
    soft: slots.some(({ report }) => report?.soft === true),
    ...(state.loud && { loud: true }),
    ...(state.trouble !== undefined && { exit: state.trouble }),
  }
}

/** Children that see the same queue say the same: the largest is the latest truth, not their sum. */
export function backlogOf(slots: readonly Slot[]): number | undefined {
  const known = slots.map(({ report }) => report?.backlog).filter((backlog) => backlog !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

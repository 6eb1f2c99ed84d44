/** How many nodes may be in the middle of something at once, and whether one failure holds back the rest. */
export interface Gate {
  readonly limit: number
  readonly haltOnFailure: boolean
}

export const openGate: Gate = { limit: Number.POSITIVE_INFINITY, haltOnFailure: false }

/** How many of the pending may be let in now. */
export function admitted(gate: Gate, active: number, pending: number, anyFailed: boolean): number {
  if (gate.haltOnFailure && anyFailed) return 0
  return Math.max(0, Math.min(pending, gate.limit - active))
}

/** `3` or `25%` of `count`, at least one; undefined when it is neither. */
export function parseShare(text: string, count: number): number | undefined {
  const [, digits, percent] = /^(\d{1,6})(%?)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const share = percent ? Math.floor((count * Number(digits)) / 100) : Number(digits)
  return percent ? Math.max(1, share) : share >= 1 ? share : undefined
}

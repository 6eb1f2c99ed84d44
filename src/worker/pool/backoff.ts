const FIRST_MS = 500
const CAP_MS = 60_000
/** A child that was ready for so long had recovered: its next failure is a first one. */
export const STABLE_MS = 30_000

/** How long to wait before the start after that many failures in a row: doubling, half of it by chance, never more than a minute. */
export const backoffMs = (failures: number, random: number): number => {
  const full = Math.min(CAP_MS, FIRST_MS * 2 ** Math.max(0, failures - 1))
  return Math.round(full * (0.5 + random / 2))
}

export const failuresAfter = (before: number, readyForMs: number | undefined): number =>
  readyForMs !== undefined && readyForMs >= STABLE_MS ? 1 : before + 1

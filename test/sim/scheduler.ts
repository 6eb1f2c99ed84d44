import { mulberry32 } from './prng.ts'

/** Who goes next. The whole non-determinism of a world is in here. */
export interface Scheduler {
  readonly name: string
  /** Which of `count` parked tasks runs; they are in the order of their coming. */
  pick(count: number): number
  /** How long time passes before it does, µs: a busy machine is slow between any two calls. */
  pause(): number
}

/** First come, first served, and time passes only when everybody rests. */
export const fifo = (): Scheduler => ({ name: 'fifo', pick: () => 0, pause: () => 0 })

export interface SeededOptions {
  /** How often time passes while calls are parked, of 1. */
  readonly pausing?: number
  /** How much of it at most, ms. */
  readonly pauseMs?: number
}

/** Any order, any delay, the same for the same seed. */
export function seeded(seed: number, options: SeededOptions = {}): Scheduler {
  const { pausing = 0.05, pauseMs = 50 } = options
  const random = mulberry32(seed)
  return {
    name: `seed ${seed}`,
    pick: (count) => (count === 1 ? 0 : Math.floor(random() * count)),
    pause: () => (random() < pausing ? Math.floor(random() * pauseMs * 1000) : 0),
  }
}

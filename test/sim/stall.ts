import type { Multi } from './multi.ts'
import type { WorldOptions } from './options.ts'
import { mulberry32 } from './prng.ts'

interface Suspender {
  suspend(who: { readonly multi: Multi }): void
  resume(who: { readonly multi: Multi }): void
  after(ms: number, run: () => void): void
}

/** From outside, a process that waits for a processor is like one that was suspended. */
export function stalling(world: Suspender, { stall, seed = 0 }: WorldOptions): (multi: Multi) => boolean {
  const random = mulberry32(seed ^ 0x57a11)
  return (multi) => {
    if (stall === undefined || random() >= stall.chance) return false
    world.suspend({ multi })
    world.after(random() * stall.ms, () => world.resume({ multi }))
    return true
  }
}

import type { House } from './house.ts'

/** How a host comes to leave before it is done, and why. */
export interface Ending extends Pick<House, 'leave' | 'because'> {
  /** Resolves with the exit code when it must leave at once. */
  readonly left: Promise<number>
  /** The first one counts: what follows follows from it. */
  readonly reason: () => string | undefined
}

export function ending(): Ending {
  let reason: string | undefined
  let resolveLeft: (code: number) => void = () => {}
  const left = new Promise<number>((resolve) => {
    resolveLeft = resolve
  })
  const because = (why: string) => {
    reason ??= why
  }
  const leave = (code: number, why: string) => {
    because(why)
    resolveLeft(code)
  }
  return { left, leave, because, reason: () => reason }
}

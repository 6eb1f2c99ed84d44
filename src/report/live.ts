import { CLEAR_TO_END } from './ansi.ts'
import { truncated } from './printable.ts'

export interface LiveOptions {
  readonly write: (text: string) => void
  /** Asked at each drawing: windows are resized. Nothing or 0 where a pseudo-terminal has no size: then 80. */
  readonly columns: () => number | undefined
  readonly now: () => number
}

export interface LiveLine {
  draw(text: string): void
  /** Before anything else is printed, and at the end. */
  erase(): void
}

const REDRAW_MS = 100

/** One line at the bottom of a terminal that says how things stand, and is gone when they are settled. */
export function liveLine({ write, columns, now }: LiveOptions): LiveLine {
  let drawnAt: number | undefined
  let shown = false
  return {
    draw(text) {
      const time = now()
      if (drawnAt !== undefined && time - drawnAt < REDRAW_MS) return
      drawnAt = time
      shown = true
      // The last column stays free: writing there makes some terminals go to the next line.
      write(`\r${truncated(text, (columns() || 80) - 1)}${CLEAR_TO_END}`)
    },
    erase() {
      if (shown) write(`\r${CLEAR_TO_END}`)
      shown = false
    },
  }
}

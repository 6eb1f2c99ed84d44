import type { Style, Styles } from './ansi.ts'
import { displayWidth, printable, truncated } from './printable.ts'

export interface Cell {
  readonly text: string
  readonly style?: Style
}

const GAP = 2

/** Rows below each other with their columns aligned; `columns` cuts them to a terminal's width. */
export function table(
  rows: readonly (readonly Cell[])[],
  styles: Styles,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })))
  const widths = (clean[0] ?? []).map((_, at) => Math.max(...clean.map((row) => displayWidth(row[at]?.text ?? ''))))
  return clean.map((row) => line(row, widths, styles, columns))
}

/** Measured and cut before it is painted, as escape sequences take no columns. */
function line(row: readonly Cell[], widths: readonly number[], styles: Styles, columns: number): string {
  let left = columns
  let text = ''
  let blanks = 0
  for (const [at, cell] of row.entries()) {
    const shown = truncated(cell.text, left)
    const width = widths[at] ?? 0
    if (shown !== '') text += ' '.repeat(blanks) + (cell.style === undefined ? shown : styles[cell.style](shown))
    // Blanks wait for the next cell that says something, so that no line ends in them.
    blanks = (shown === '' ? blanks + width : width - displayWidth(shown)) + GAP
    left -= width + GAP
  }
  return text
}

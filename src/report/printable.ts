const ESC = String.fromCharCode(27)

/** Colours and cursor movements that a worker wrote to its log: CSI … letter, OSC … BEL or ST. */
const SEQUENCES = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESC}]*(?:\\u0007|${ESC}\\\\))`, 'g')
/** Marks that turn the direction of writing: with them a line can show something else than it says. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g

const escaped = (char: string): string => {
  if (char === '\t') return '  '
  if (char === '\n') return '\\n'
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** Nearly all text is; classes of Unicode cost more to compile than the line to print. */
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** Text from elsewhere (logs, arguments, file names) as one line that cannot steer the terminal. */
export const printable = (text: string): string =>
  isAscii(text)
    ? text
    : text
        .replace(SEQUENCES, '')
        .replace(BIDI, '')
        .replace(/\p{Cc}/gu, escaped)

/** Zero for marks that sit on the letter before, two for the scripts and emoji that terminals draw wide. */
const widthOf = (char: string): number => {
  if (/\p{Mn}|\p{Me}|\u200d|\ufe0f/u.test(char)) return 0
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
    char,
  )
    ? 2
    : 1
}

/** How many columns of a terminal it takes. Without escape sequences: measure before painting. */
export const displayWidth = (text: string): number =>
  isAscii(text) ? text.length : Array.from(text).reduce((sum, char) => sum + widthOf(char), 0)

/** Cut to `columns`, with an ellipsis when something is missing. */
export function truncated(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let kept = ''
  let used = 1
  for (const char of text) {
    used += widthOf(char)
    if (used > columns) break
    kept += char
  }
  return columns < 1 ? '' : `${kept}…`
}

export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - displayWidth(text)))

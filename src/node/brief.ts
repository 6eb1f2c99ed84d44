/**
 * The beginning of a command line or a line of a log, of at most so many characters. No URL is cut: without its end the password in
 * it could not be told from a host any more, and would be printed.
 */
export function brief(words: readonly string[], width: number): string {
  let text = ''
  for (const word of words) {
    const longer = text === '' ? word : `${text} ${word}`
    if (longer.length > width) return word.includes('://') ? `${text} …`.trimStart() : longer.slice(0, width)
    text = longer
  }
  return text
}

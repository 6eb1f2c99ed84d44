/** No pidfile is longer, spoilt or not. */
const LONGEST = 64

/** Numbers and blanks, as several writers leave them, and the NULs of a file whose text never reached the disk. */
const SPOILT = /^[\d\s\0]*$/
/** One line of plain text: what a script wrote that had no pid to write. */
const ONE_LINE = /^[\x20-\x7e]*\n?$/

/** Whether a file may be a pidfile that was spoilt, and so be cleared up. Anything else is somebody's file, named by mistake. */
export const looksLikePidfile = (text: string): boolean =>
  text.length <= LONGEST && (SPOILT.test(text) || ONE_LINE.test(text))

import type { AbsPath } from '../model/names.ts'
import type { System } from '../system/port.ts'
import { brief } from './brief.ts'

const BYTES = 16_384
const LINES = 20
const WIDTH = 400

/** The last lines that a worker logged since it was started, without control characters: they go to a terminal. */
export async function logTail(system: System, logfile: AbsPath, offset: number): Promise<string[]> {
  const text = await system.readTail(logfile, offset, BYTES)
  return text
    .split(/\r?\n/)
    .map((line) => brief(printable(line).trimEnd().split(' '), WIDTH))
    .filter((line) => line !== '')
    .slice(-LINES)
}

/** Without colour sequences and whatever else could move a cursor: \p{Cc} is Unicode's class of control characters. */
const printable = (line: string): string =>
  line
    .replace(/\p{Cc}\[[0-9;]*[A-Za-z]/gu, '')
    .replace(/\t/g, ' ')
    .replace(/\p{Cc}/gu, '')

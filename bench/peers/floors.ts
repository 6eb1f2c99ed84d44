import { fileURLToPath } from 'node:url'
import type { Candidate, Command, Fleet } from '../peer.ts'
import { lastLine } from './find.ts'
import { expectNoPidfile, namedByPidfiles } from './pidfiles.ts'

const script = (name: string, ...args: string[]): Command => [
  process.execPath,
  fileURLToPath(new URL(`../bare-${name}.mjs`, import.meta.url)),
  ...args,
]

const checked = (directory: string, commands: Pick<Fleet, 'start' | 'status' | 'stop'>): Fleet => ({
  ...commands,
  expectUp: (workers) => void namedByPidfiles(directory, workers),
  expectDown: () => expectNoPidfile(directory),
})

/** What Node takes for the same processes and pidfiles. */
export const findBareNode = (): Candidate => ({
  version: process.version.slice(1),
  stays: '',
  cold: { command: [process.execPath, '-e', '0'], says: 'node -e 0' },
  notes: {},
  prepare: (directory, count) =>
    checked(directory, {
      start: script('start', String(count), directory),
      status: script('status', directory),
      stop: script('stop', directory),
    }),
})

/** What a program of nothing but system calls takes. It is compiled at the begin of the run. */
export function findC(floor: string | undefined): Candidate {
  if (floor === undefined) return { missing: 'a C compiler, `cc`' }
  return {
    version: lastLine('cc', '-dumpfullversion') ?? '',
    stays: '',
    cold: { command: [floor, '--version'], says: '--version' },
    notes: {},
    prepare: (directory, count) =>
      checked(directory, {
        start: [floor, 'start', String(count), directory],
        status: [floor, 'status', directory],
        stop: [floor, 'stop', directory],
      }),
  }
}

import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A tool of this repository that was called wrongly: one line, exit 2, as `multi` does it. */
export function misused(tool: string, why: string): never {
  console.error(`${tool}: ${why}`)
  process.exit(2)
}

/** What `read` throws is about the command line. */
export function orMisused<T>(tool: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    return misused(tool, (error as Error).message)
  }
}

/** What stands behind `npm run TOOL --`. */
export const readOptions = <const T extends ParseArgsConfig>(tool: string, config: T) =>
  orMisused(tool, () => parseArgs(config))

/** A whole number from `least` on. */
export function countOf(tool: string, name: string, text: string, least = 0): number {
  const value = Number(text)
  if (text !== '' && Number.isSafeInteger(value) && value >= least) return value
  return misused(tool, `--${name} ${text} is no whole number${least === 0 ? '' : ` from ${least} on`}`)
}

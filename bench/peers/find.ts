import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian keeps daemons is not on everybody's PATH. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export const findProgram = (name: string): string | undefined =>
  FOLDERS.map((folder) => join(folder, name)).find((path) => isProgram(path))

/** The last line that a command prints; undefined when it fails. */
export function lastLine(program: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined
}

/** `2.1.2` of Debian's `2.1.2-54`: for programs that do not tell their version. */
export const packageVersion = (name: string): string =>
  lastLine('dpkg-query', '-W', '-f', '${source:Upstream-Version}', name) ?? 'of unknown version'

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const EXAMPLE = fileURLToPath(new URL('../../examples/bullmq', import.meta.url))

// Without its optional parts: not every registry has them for every platform, and then `npm ci` refuses.
const INSTALL = [
  'install',
  '--prefix',
  EXAMPLE,
  '--omit=optional',
  '--no-package-lock',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
]

export const isExampleInstalled = (): boolean => existsSync(join(EXAMPLE, 'node_modules'))

export function installExample(): void {
  const installed = spawnSync('npm', INSTALL, { encoding: 'utf8' })
  if (installed.status !== 0) throw new Error(`npm ${INSTALL.join(' ')}:\n${installed.stderr}`)
}

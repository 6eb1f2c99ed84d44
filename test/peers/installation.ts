import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { shellJoin } from '../../src/spec/quote.ts'
import { isSteady } from '../rig/rig.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

type Lock = { readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>> }

/** What multi depends on when it runs. */
const dependencies = (): string[] =>
  Object.entries((JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock).packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path)

/** While a suite runs, a copy of the built multi that every user can run: a checkout may be anyone's own. Answers the program. */
export function withInstallation(): () => string {
  let place = ''
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'multi-installed-')) // Not in /dev/shm, where programs often may not be.
    for (const path of ['bin', 'bridge', 'dist', 'package.json', ...dependencies()]) {
      cpSync(join(ROOT, path), join(place, path), { recursive: true, dereference: true, filter: isSteady })
    }
    const program = shellJoin([process.execPath, join(place, 'bin/multi.js')])
    writeFileSync(join(place, 'multi'), `#!/bin/sh\nexec ${program} "$@"\n`)
    for (const path of [place, join(place, 'multi')]) chmodSync(path, 0o755)
  })
  afterAll(() => rmSync(place, { recursive: true, force: true }))
  return () => join(place, 'multi')
}

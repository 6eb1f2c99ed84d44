import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shellJoin } from '../../src/spec/quote.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

type Lock = { readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>> }

/** What multi depends on when it runs. */
const dependencies = (): string[] =>
  Object.entries((JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock).packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path)

/** A copy of the built multi that every user can run (a checkout may be anyone's own); answers the program. */
export function installFor(everyone: string): string {
  const place = join(everyone, 'installed')
  const program = join(everyone, 'multi')
  if (existsSync(program)) return program
  mkdirSync(place)
  for (const path of ['bin', 'dist', 'package.json', ...dependencies()]) {
    cpSync(join(ROOT, path), join(place, path), { recursive: true, dereference: true })
  }
  writeFileSync(program, `#!/bin/sh\nexec ${shellJoin([process.execPath, join(place, 'bin/multi.js')])} "$@"\n`)
  chmodSync(program, 0o755)
  return program
}

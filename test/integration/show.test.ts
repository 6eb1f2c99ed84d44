import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rigFor } from '../rig/rig.ts'

/** A command line, and the comment above what it would run; `DIR/` is the working directory. */
const REASONS: [line: string[], why: string][] = [
  [['-A', './images.mjs'], 'app, -A ./images.mjs is a path'],
  [['-A', 'images'], 'app, DIR/images.mjs is there'],
  [['-A', 'proj'], 'celery, DIR/proj.py is there'],
  [['-A', 'pack.celery'], 'celery, DIR/pack/celery.py is there'],
  [['-A', 'nowhere'], 'celery, -A nowhere is taken for a Python module'],
  [[], 'celery, neither -A nor --cmd is given'],
  [['--cmd', '/bin/sleep 600'], 'command, --cmd runs a program'],
  [['--cmd', '/bin/true -m celery worker'], 'celery, --cmd runs Celery'],
  [['-A', 'images', '--kind', 'celery'], 'celery, --kind celery'],
  [['--kind', 'app', '-A', 'images'], 'app, --kind app'],
]

test.for(REASONS)('show --verbose %j says: %s', async ([line, why], context) => {
  const rig = rigFor(context)
  mkdirSync(join(rig.work, 'pack'))
  for (const file of ['images.mjs', 'proj.py', 'pack/celery.py']) writeFileSync(join(rig.work, file), '')
  // Planned, not run: any program does for Celery's.
  const executable = why.startsWith('celery') ? ['--executable=/bin/true'] : []
  const { code, lines } = await rig.multi('show', 'w1', '-n', 'box', ...line, ...executable, '--verbose')
  expect(code).toBe(0)
  expect(lines.filter((text) => text.startsWith('#'))[0]).toBe(`# w1@box: ${why.replace('DIR', rig.work)}`)
})

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rigFor } from '../rig/rig.ts'

test.for(['start', 'restart'])(
  '%s of a mistyped node is refused, names the near one, and starts nothing',
  async (verb, context) => {
    const rig = rigFor(context)
    await rig.started('web')
    const { code, stdout, stderr } = await rig.multi(verb, 'web', 'wbe')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('wbe was never started here: say what to run (-A, --cmd)\n  did you mean web?')
    expect(rig.record('wbe')).toBeUndefined()
    expect((await rig.multi('status')).code).toBe(0)
    await rig.multi('stopwait', 'web')
  },
)

test('a node that was never started is no misspelt one of another number', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  const { code, stderr } = await rig.multi('start', 'w2')
  expect(code).toBe(2)
  expect(stderr).toContain('w2 was never started here')
  expect(stderr).not.toContain('did you mean')
  const { stdout } = await rig.multi('stopwait', 'w1', 'w2')
  expect(stdout).not.toContain('did you mean')
})

test.for([
  ['a celeryconfig.py in the working directory', {}, 'celeryconfig.py'],
  ['CELERY_APP', { CELERY_APP: 'proj' }, undefined],
  ['CELERY_CONFIG_MODULE', { CELERY_CONFIG_MODULE: 'settings' }, undefined],
] as const)('start of a node alone is for Celery to judge where there is %s', async ([, env, file], context) => {
  const rig = rigFor(context)
  if (file) writeFileSync(join(rig.work, file), '')
  const fake = join(rig.work, 'python3')
  writeFileSync(fake, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const path = `${rig.work}:${process.env['PATH'] ?? ''}`
  const { code, stderr } = await rig.multi({ env: { ...env, PATH: path } }, 'start', 'w1', '--startsecs=0')
  expect(code).not.toBe(2)
  expect(stderr).not.toContain('never started here')
})

test('`all` is no word for all nodes, as it is to supervisorctl and pm2, and what is gets said', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const said = 'the whole fleet is meant where no node is named'
  const stopped = await rig.multi('stop', 'all')
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringMatching(`> all@\\S+: never started here; ${said}`) })
  const restarted = await rig.multi('restart', 'all')
  expect(restarted).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
  expect({ alive: worker.alive, signals: worker.signals }).toEqual({ alive: true, signals: [] })
  await rig.multi('stopwait')
})

test('stopwait of a mistyped node says so, and exits 0 for init scripts', async (context) => {
  const rig = rigFor(context)
  await rig.started('web')
  const { code, stdout } = await rig.multi('stopwait', 'wbe')
  expect(code).toBe(0)
  expect(stdout).toMatch(/> wbe@\S+: DOWN\n\t> wbe@\S+: never started here; did you mean web\?/)
  expect(existsSync(rig.recordFile('wbe'))).toBe(false)
  await rig.multi('stopwait', 'web')
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rigFor } from '../rig/rig.ts'

const FAILS = ['--cmd', "sh -c 'exit 3'", '--startsecs=5'] as const

test('a node whose first start fails is not wanted up: neither start nor a rolling restart of the fleet tries it', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  expect((await rig.multi('start', 'a1', ...FAILS)).code).toBe(1)
  expect(rig.record('a1')?.wanted).toBe('down')
  const started = await rig.multi('start')
  expect({ code: started.code, said: started.stdout }).toMatchObject({
    code: 0,
    said: expect.not.stringContaining('a1@'),
  })
  const { code, stdout } = await rig.multi('restart', '--rolling')
  expect(code).toBe(0)
  expect(stdout).toMatch(/Restarting node w1@\S+: OK/)
  expect(stdout).not.toContain('a1@')
  expect((await rig.multi('status', 'a1')).stdout).toContain('its first start failed')
  await rig.multi('stopwait', 'w1')
})

test('a node that comes up at last is wanted up from then on, also when a later start of it fails', async (context) => {
  const rig = rigFor(context)
  const fate = join(rig.work, 'fate.sh')
  const line = ['start', 'w1', '--cmd', `sh ${fate}`, '--startsecs=0.3'] as const
  writeFileSync(fate, 'exit 3')
  for (const _time of [1, 2]) {
    expect((await rig.multi(...line)).code).toBe(1)
    expect(rig.record('w1')?.wanted).toBe('down')
  }
  writeFileSync(fate, 'exec sleep 1000')
  expect((await rig.multi(...line)).code).toBe(0)
  expect(rig.record('w1')?.wanted).toBe('up')
  writeFileSync(fate, 'exit 3')
  expect((await rig.multi('restart')).code).toBe(1)
  expect(rig.record('w1')?.wanted).toBe('up')
  expect((await rig.multi('status')).stdout).toContain('should be up')
})

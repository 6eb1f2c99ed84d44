import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isRoot, NOBODY, type Options, type Rig, rigFor } from '../rig/rig.ts'

const NODES = ['w1', 'w2', 'w3']
const SLEEP = ['--cmd', '/bin/sleep 600', '--startsecs=0'] as const

/** The nodes are only not noted for verbs without arguments, so nothing fails. */
async function expectSaidOnce(rig: Rig, options: Options, refusal: string): Promise<void> {
  const { code, stdout, stderr } = await rig.multi(options, 'start', ...NODES, ...SLEEP)
  expect(code).toBe(0)
  const said = (stdout + stderr).match(/nodes are not noted for verbs without arguments: .*/g)
  expect(said).toEqual([expect.stringContaining(refusal)])
  expect((await rig.multi(options, 'status', ...NODES)).code).toBe(0)
  expect((await rig.multi(options, 'stopwait', ...NODES)).code).toBe(0)
  expect(rig.processes()).toEqual([])
}

test('a state directory that cannot be written: said once, exit 0, and the nodes can be stopped by name', async (context) => {
  const rig = rigFor(context)
  const state = isRoot ? join(rig.userDirectory(NOBODY), 'state') : rig.state
  chmodSync(state, 0o555)
  await expectSaidOnce(rig, isRoot ? { uid: NOBODY } : {}, `${state}/`)
})

test('a state directory that cannot be made: said once, exit 0, and the nodes can be stopped by name', async (context) => {
  const rig = rigFor(context)
  const file = join(rig.work, 'file')
  writeFileSync(file, '')
  await expectSaidOnce(rig, { env: { MULTI_STATE_DIR: join(file, 'state') } }, `mkdir ${file}: EEXIST`)
})

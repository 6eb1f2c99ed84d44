import { expect, test } from 'vitest'
import { rigFor, until } from '../rig/rig.ts'

test('status tells states, pids and ages, and sums them up', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', 'w2', 'w3', ...rig.puppet, '--startsecs=0')
  const [one, two] = [await rig.worker('w1'), await rig.worker('w2')]
  await rig.multi('stopwait', 'w3')
  await two.on('SIGTERM', 'stay')
  await rig.multi('stop', 'w2')
  const { code, stdout } = await rig.multi('status')
  expect(code).toBe(3)
  expect(stdout).toMatch(new RegExp(`^w1@\\S+ +running +${one.pid} `, 'm'))
  expect(stdout).toMatch(new RegExp(`^w2@\\S+ +draining +${two.pid} `, 'm'))
  expect(stdout).toMatch(/^w3@\S+ +stopped /m)
  expect(stdout).toContain('3 nodes: 1 running, 1 draining, 1 stopped')
  await two.exit()
  await rig.multi('stopwait')
})

test('a worker that has not lived long enough is starting', async (context) => {
  const rig = rigFor(context)
  const starting = rig.begin('start', 'w1', ...rig.puppet, '--startsecs=1000')
  const worker = await rig.worker('w1')
  await until(() => rig.record('w1')?.launch !== undefined, 'the start to be recorded')
  expect((await rig.multi('status', 'w1', '--json')).json()).toMatchObject([{ state: 'starting', pid: worker.pid }])
  await rig.multi('stopwait', 'w1')
  expect((await starting.ended).code).toBe(1)
})

test('a worker that died is stale while its pidfile is there: exit 1, its pid', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.die()
  const { code, json } = await rig.multi('status', 'w1', '--json')
  expect(code).toBe(1)
  expect(json()).toMatchObject([{ state: 'stale', pid: worker.pid }])
})

test('status of a node that never was: stopped, exit 3', async (context) => {
  const rig = rigFor(context)
  const { code, stdout } = await rig.multi('status', 'w1')
  expect(code).toBe(3)
  expect(stdout).toContain('1 node: 1 stopped')
})

test('status --quiet says nothing, and exits as ever', async (context) => {
  const rig = rigFor(context)
  expect(await rig.multi('status', 'w1', '--quiet')).toMatchObject({ code: 3, stdout: '', stderr: '' })
})

test('status of a fleet whose state directory cannot be read names no node by guess', async (context) => {
  const rig = rigFor(context)
  const { code, stderr } = await rig.multi({ env: { MULTI_STATE_DIR: '/dev/null/nowhere' } }, 'status')
  expect(code).toBe(2)
  expect(stderr).toContain('no node is named')
})

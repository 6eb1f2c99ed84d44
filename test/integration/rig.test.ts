import { expect, test } from 'vitest'
import { Rig, rigFor, until } from '../rig/rig.ts'

test('the rig runs a puppet as a worker, hears its signals and sees it end', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  expect(rig.readPid('w1')).toBe(worker.pid)
  expect(rig.processes().map(({ pid }) => pid)).toEqual([worker.pid])
  const child = await worker.fork({ stays: true })
  const stopping = rig.begin('stopwait', 'w1', '--orphan-grace=0')
  await child.got('SIGTERM')
  expect(worker.signals).toEqual(['SIGTERM'])
  expect(worker.alive).toBe(false)
  await child.exit()
  expect((await stopping.ended).code).toBe(0)
})

test('the rig finds and ends what a test leaves running', async () => {
  const rig = new Rig()
  try {
    const worker = await rig.started('w1')
    await worker.on('SIGTERM', 'stay')
    const left = await rig.tearDown()
    expect(left).toHaveLength(1)
    expect(left[0]).toContain(`${worker.pid} `)
    await until(() => !worker.alive, 'the worker to be gone')
  } finally {
    rig.remove()
  }
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Rig, rigFor, until } from '../rig/rig.ts'

const SAYS_WHY = /w1@\S+: FAILED: it cannot, and goes on taking jobs: its log says why/

/** Longer than a test may take: who waits for this is never done. */
const FOR_EVER = '--timeout=1h'

async function started(rig: Rig, app: string, ...options: string[]): Promise<void> {
  const path = join(rig.work, 'app.mjs')
  writeFileSync(path, app)
  const { code, stdout } = await rig.multi('start', 'w1', '-A', path, ...options)
  expect({ code, stdout }).toMatchObject({ code: 0 })
}

const stateOf = async (rig: Rig): Promise<string | undefined> =>
  /^w1@\S+ +(\w+)/m.exec((await rig.multi('status', 'w1')).stdout)?.[1]

test.for([
  ['nothing of which can pause', 'export default { close() {} }', []],
  ['a part of which cannot', 'export default () => [{ close() {} }, { close() {}, pause() {}, resume() {} }]', []],
  ['whose pause fails', "export default { close() {}, pause() { throw new Error('no broker') }, resume() {} }", []],
  ['whose pool cannot', 'export default { close() {} }', ['-P', 'prefork', '-c', '2']],
] as const)('quiet of an app %s fails as soon as the worker says so, each time', async ([, app, options], context) => {
  const rig = rigFor(context)
  await started(rig, app, ...options)
  for (const _time of [1, 2]) {
    const { code, stdout } = await rig.multi('quiet', 'w1', FOR_EVER)
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(SAYS_WHY) })
  }
  expect(await stateOf(rig)).toBe('running')
  expect((await rig.multi('resume', 'w1', FOR_EVER)).code).toBe(0)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})

test('resume is sent also to a worker that is only about to be quiet, and to one that half is', async (context) => {
  const rig = rigFor(context)
  const gate = join(rig.work, 'gate')
  const source = `import { existsSync } from 'node:fs'
    let paused = false
    export default ({ log }) => ({
      close() {}, resume() { paused = false; log.info('taken up again') },
      async pause() { paused = true; log.info('pausing'); while (!existsSync(${JSON.stringify(gate)})) await new Promise((done) => setTimeout(done, 20)) },
    })`
  await started(rig, source)
  expect((await rig.multi('quiet', 'w1', '--timeout=0.2')).code).toBe(1)
  await until(() => rig.log('w1').includes('pausing'), 'it to pause')
  expect((await rig.multi('resume', 'w1', FOR_EVER)).code).toBe(0)
  writeFileSync(gate, '')
  await until(() => rig.log('w1').includes('taken up again'), 'it to take jobs again')
  await until(async () => (await stateOf(rig)) === 'running', 'it to say so')
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})

test('quiet is sent also to a worker that is quiet and about to take jobs again: the last word counts', async (context) => {
  const rig = rigFor(context)
  const gate = join(rig.work, 'gate')
  const source = `import { existsSync } from 'node:fs'
    let times = 0
    export default ({ log }) => ({
      close() {}, pause() { times += 1; log.info('pausing ' + times) },
      async resume() { log.info('resuming'); while (!existsSync(${JSON.stringify(gate)})) await new Promise((done) => setTimeout(done, 20)) },
    })`
  await started(rig, source)
  expect((await rig.multi('quiet', 'w1', FOR_EVER)).code).toBe(0)
  expect((await rig.multi('resume', 'w1', '--timeout=0.2')).code).toBe(1)
  await until(() => rig.log('w1').includes('resuming'), 'it to resume')
  expect((await rig.multi('quiet', 'w1', FOR_EVER)).code).toBe(0)
  writeFileSync(gate, '')
  await until(() => rig.log('w1').includes('pausing 2'), 'it to pause once more')
  await until(async () => (await stateOf(rig)) === 'quiet', 'it to say so')
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})

test('quiet of an app whose pause failed once succeeds the next time', async (context) => {
  const rig = rigFor(context)
  const pause = "pause() { if (times++ === 0) throw new Error('no broker') }"
  await started(rig, `let times = 0\nexport default { close() {}, ${pause}, resume() {} }`)
  const failed = await rig.multi('quiet', 'w1', FOR_EVER)
  expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 1, stdout: expect.stringMatching(SAYS_WHY) })
  expect((await rig.multi('quiet', 'w1', FOR_EVER)).code).toBe(0)
  expect(await stateOf(rig)).toBe('quiet')
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})

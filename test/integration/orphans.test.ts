import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLineOf, processOf } from '../rig/processes.ts'
import { type Rig, rigFor, until, whileNothingHappens } from '../rig/rig.ts'

/** A worker that has died unasked, and a child of it that lives on in its group and survives TERM. */
async function orphan(rig: Rig, child: { bare?: boolean; stays?: boolean } = {}) {
  const worker = await rig.started('w1')
  const left = await worker.fork({ stays: true, ...child })
  await worker.die()
  return { worker, left }
}

test('a group whose main process died is shown as orphaned, with its members, and exit 1', async (context) => {
  const rig = rigFor(context)
  const { worker, left } = await orphan(rig)
  const { code, json } = await rig.multi('status', 'w1', '--json')
  expect(code).toBe(1)
  expect(json()).toMatchObject([{ state: 'orphaned', note: expect.stringContaining(String(left.pid)) as string }])
  expect((await rig.multi('status', 'w1')).stdout).toContain(`pid ${worker.pid} is gone`)
  await left.exit()
})

test('start refuses an orphaned node, names what is left and the way out', async (context) => {
  const rig = rigFor(context)
  const { left } = await orphan(rig)
  const { code, stdout } = await rig.multi('start', 'w1')
  expect(code).toBe(1)
  expect(stdout).toMatch(new RegExp(`FAILED: its main process is gone, .*\\(${left.pid}\\).*multi kill`))
  expect(left.signals).toEqual([])
  expect((await rig.multi('kill', 'w1')).code).toBe(0)
  expect(left.alive).toBe(false)
  expect((await rig.multi('start', 'w1', '--startsecs=0')).code).toBe(0)
  await rig.multi('stopwait', 'w1')
})

test('while the main process lives no child of it gets TERM, however long it takes', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.on('SIGTERM', 'stay')
  const child = await worker.fork()
  const waiting = rig.begin('stopwait', 'w1', '--orphan-grace=0')
  await worker.got('SIGTERM')
  await whileNothingHappens(1000)
  expect(child.signals).toEqual([])
  await worker.exit()
  await child.got('SIGTERM')
  expect((await waiting.ended).code).toBe(0)
})

test('what a worker leaves behind is waited for, and gets TERM only after --orphan-grace', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const child = await worker.fork()
  const waiting = rig.begin('stopwait', 'w1', '--orphan-grace=1000')
  await worker.gone()
  const status = async (): Promise<string> => (await rig.multi('status', 'w1')).stdout
  await until(async () => (await status()).includes('1 left of its group'), 'status to name what is left')
  await whileNothingHappens(1000)
  expect(child.signals).toEqual([])
  expect(waiting.finished).toBeUndefined()
  await child.exit()
  expect((await waiting.ended).code).toBe(0)
})

test('the TERM to what is left names it', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const child = await worker.fork()
  const { code, stdout } = await rig.multi('stopwait', 'w1', '--orphan-grace=0.2')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`its main process is gone; TERM to what it left: ${child.pid} \\(.*puppet`))
  expect(child.signals).toEqual(['SIGTERM'])
  expect(worker.signals).toEqual(['SIGTERM'])
})

test('what is left and ignores TERM is never killed unasked: exit 124, and it lives', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const child = await worker.fork({ stays: true })
  const { code } = await rig.multi('stopwait', 'w1', '--orphan-grace=0', '--timeout=10')
  expect(code).toBe(124)
  expect(child.alive).toBe(true)
  expect(child.signals).toEqual(['SIGTERM'])
  await child.exit()
})

test('--timeout with --then kill kills what is left, and names it', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const child = await worker.fork({ stays: true })
  const { code, stdout } = await rig.multi('stopwait', 'w1', '--orphan-grace=0', '--timeout=10', '--then=kill')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`OK \\(down in .*killed ${child.pid}`))
  expect(child.alive).toBe(false)
  expect(existsSync(rig.pidfile('w1'))).toBe(false)
})

for (const [how, bare] of [
  ['by the launch id that it carries', false],
  ['by its session, without that environment', true],
] as const) {
  test(`what is left is found ${how}, after the multi that stopped its main process was killed`, async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started('w1')
    await worker.on('SIGTERM', 'stay')
    const child = await worker.fork({ bare })
    const killed = rig.begin('stopwait', 'w1')
    await worker.got('SIGTERM')
    await until(() => rig.record('w1')?.stop, 'the stop to be recorded')
    killed.kill('SIGKILL')
    await killed.ended
    // Nobody of ours sees the main process go.
    await worker.exit()
    expect((await rig.multi('status', 'w1', '--json')).json()).toMatchObject([{ state: 'draining' }])
    expect(child.signals).toEqual([])
    const { code, stdout } = await rig.multi('stopwait', 'w1', '--orphan-grace=0')
    expect(code).toBe(0)
    expect(stdout).toContain(`TERM to what it left: ${child.pid}`)
    expect(child.signals).toEqual(['SIGTERM'])
    expect(worker.signals).toEqual(['SIGTERM'])
  })

  test(`what a crashed main process left is found ${how}, and ended by stopwait`, async (context) => {
    const rig = rigFor(context)
    const { left } = await orphan(rig, { bare, stays: false })
    expect((await rig.multi('stopwait', 'w1', '--orphan-grace=0')).code).toBe(0)
    expect(left.signals).toEqual(['SIGTERM'])
  })
}

test('a process of the worker’s that made a session of its own is none of its group: not waited for, not signalled', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const daemon = await worker.fork({ session: true })
  expect((await rig.multi('stopwait', 'w1', '--orphan-grace=0')).code).toBe(0)
  expect((await rig.multi('kill', 'w1')).code).toBe(0)
  expect(daemon.alive).toBe(true)
  expect(daemon.signals).toEqual([])
  await daemon.exit()
})

/** A worker whose child has an environment of its own, with a PATH in it, as a job that was started with care has. */
const careful = (output: string) =>
  ['--cmd', `sh -c 'env -i PATH=/usr/bin:/bin sleep 1000${output} & echo $! >child; wait'`] as const

const childOf = (rig: Rig): Promise<number> =>
  until(() => {
    const path = join(rig.work, 'child')
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
    return commandLineOf(pid).startsWith('sleep') && pid
  }, 'the child to run')

test('what is left with an environment of its own is found by the log that it writes to', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', ...careful(''), '--startsecs=0')
  const child = await childOf(rig)
  process.kill(rig.readPid('w1') ?? 0, 'SIGKILL')
  await until(async () => (await rig.multi('status', 'w1')).stdout.includes('orphaned'), 'it to be orphaned')
  expect((await rig.multi('start', 'w1')).code).toBe(1)
  expect((await rig.multi('stopwait', 'w1', '--orphan-grace=0')).code).toBe(0)
  expect(rig.alive(child)).toBe(false)
})

test('what may be left, and cannot be told from a stranger, is named: nothing is called stopped, nor started beside it', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', ...careful(' >/dev/null 2>&1'), '--startsecs=0')
  const child = await childOf(rig)
  process.kill(rig.readPid('w1') ?? 0, 'SIGKILL')
  await until(() => processOf(rig.readPid('w1') ?? 0) === undefined, 'its zombie to be reaped')
  for (const verb of ['status', 'start', 'stopwait', 'kill']) {
    const { code, stdout } = await rig.multi(verb, 'w1')
    expect(code).toBe(4)
    expect(stdout).toContain(`pid ${child} may be left of pid`)
  }
  expect(rig.alive(child)).toBe(true)
  process.kill(child, 'SIGKILL')
  await until(() => !rig.alive(child), 'the child to be gone')
  expect((await rig.multi('start', 'w1', '--startsecs=0')).code).toBe(0)
  process.kill(await childOf(rig), 'SIGKILL')
  expect((await rig.multi('stopwait', 'w1', '--orphan-grace=0')).code).toBe(0)
})

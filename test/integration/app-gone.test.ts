import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Rig, rigFor, until } from '../rig/rig.ts'

const APP = ['w1', '-A', './app.mjs'] as const

/** `stop` returns when the worker was told; it goes by itself. */
const gone = (rig: Rig) => until(() => rig.processes().length === 0, 'the worker to be gone')

/** A node of an app, started from the app's own folder. */
async function started(rig: Rig): Promise<string> {
  const folder = join(rig.work, 'app')
  mkdirSync(folder)
  writeFileSync(join(folder, 'app.mjs'), 'export default () => {}\n')
  const { code } = await rig.multi({ cwd: folder }, 'start', ...APP)
  expect(code).toBe(0)
  return folder
}

test('a node whose module was deleted: status knows it, stop stops it', async (context) => {
  const rig = rigFor(context)
  const cwd = await started(rig)
  rmSync(join(cwd, 'app.mjs'))
  expect((await rig.multi({ cwd }, 'status', ...APP)).code).toBe(0)
  const pid = rig.readPid('w1')
  const { code, stdout } = await rig.multi({ cwd }, 'stop', ...APP)
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`w1@\\S+: TERM -> ${pid}`))
  await gone(rig)
  expect((await rig.multi({ cwd }, 'status', ...APP)).code).toBe(3)
})

test('what cannot be started again is not stopped by restart: its module, its folder or its program is gone', async (context) => {
  const rig = rigFor(context)
  const cwd = await started(rig)
  const program = join(rig.work, 'program')
  writeFileSync(program, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 })
  expect((await rig.multi('start', 'c1', '--cmd', program, '--startsecs=0')).code).toBe(0)
  const pids = ['w1', 'c1'].map((node) => rig.readPid(node))
  const refused = async (line: readonly string[], code: number, said: RegExp) => {
    const restarted = await rig.multi({}, 'restart', ...line, '--startsecs=0')
    expect({ line, code: restarted.code, stdout: restarted.stdout }).toEqual({
      line,
      code,
      stdout: expect.stringMatching(said),
    })
    expect(['w1', 'c1'].map((node) => rig.readPid(node))).toEqual(pids)
  }
  rmSync(join(cwd, 'app.mjs'))
  await refused(['w1'], 5, /w1@\S+: FAILED: cannot find \S+app\.mjs/)
  rmSync(cwd, { recursive: true })
  await refused(['w1'], 6, /w1@\S+: FAILED: its working directory \S+app is not there/)
  rmSync(program)
  await refused(['c1'], 5, /c1@\S+: FAILED: cannot find \S+program/)
  await refused(['w1', 'c1', '--rolling'], 5, /FAILED/)
  expect((await rig.multi('stopwait', '--all')).code).toBe(0)
})

test.for(['stop', 'stopwait'])(
  'a node whose folder was deleted: status knows it, %s stops it',
  async (verb, context) => {
    const rig = rigFor(context)
    rmSync(await started(rig), { recursive: true })
    const status = await rig.multi('status', ...APP)
    expect(status.code).toBe(0)
    expect(status.stdout).toMatch(/w1@\S+ +running +\d+ .* app /)
    const pid = rig.readPid('w1')
    const { code, stdout } = await rig.multi(verb, ...APP)
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`w1@\\S+: TERM -> ${pid}`))
    const left = rig.processes()
    expect(verb === 'stopwait' ? left : []).toEqual([])
    await gone(rig)
    expect((await rig.multi('status', ...APP)).code).toBe(3)
  },
)

test('a node whose folder was deleted, from a shell that is still in it: status knows it, stopwait stops it', async (context) => {
  const rig = rigFor(context)
  const cwd = await started(rig)
  const under = ['sh', '-c', 'rm -rf "$PWD" && exec "$@"', 'sh']
  expect((await rig.multi({ cwd, under }, 'status')).code).toBe(0)
  mkdirSync(cwd)
  expect((await rig.multi({ cwd, under }, 'stopwait')).code).toBe(0)
  expect(rig.processes()).toEqual([])
})

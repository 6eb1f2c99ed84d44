import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAlive, type Rig, rigFor, until, whileNothingHappens } from '../../rig/rig.ts'

/** A job of it lasts until the test ends it. */
const APP = `
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as rest } from 'node:timers/promises'
export default ({ job }) => {
  const running = job(async () => {
    writeFileSync('begun', '')
    while (!existsSync('end')) await rest(20)
    writeFileSync('done', '')
  })()
  return { close: () => running }
}
`

interface Row {
  readonly state: string
  readonly pid: number | null
  readonly jobs: { readonly active: number; readonly oldestSeconds: number | null } | null
}

async function rowOf(rig: Rig): Promise<Row | undefined> {
  return ((await rig.multi('status', 'w1', '--json')).json() as Row[])[0]
}

/** One node in the middle of its job; answers its pid. */
async function busy(rig: Rig): Promise<number> {
  writeFileSync(join(rig.work, 'app.mjs'), APP)
  expect((await rig.multi('start', 'w1', '-A', './app.mjs')).code).toBe(0)
  await until(() => existsSync(join(rig.work, 'begun')), 'the job to begin')
  return rig.readPid('w1') ?? 0
}

const endJob = (rig: Rig): void => writeFileSync(join(rig.work, 'end'), '')
const isDone = (rig: Rig): boolean => existsSync(join(rig.work, 'done'))

test('a drain with a long job shows its jobs and the age of the oldest, and goes on until the job is done', async (context) => {
  const rig = rigFor(context)
  const pid = await busy(rig)
  expect((await rig.multi('stop', 'w1')).code).toBe(0)
  const first = await until(async () => {
    const row = await rowOf(rig)
    return row?.jobs?.active === 1 ? row : undefined
  }, 'status to show the job')
  expect(first).toMatchObject({ state: 'draining', pid })
  const age = first.jobs?.oldestSeconds ?? 0
  await until(async () => ((await rowOf(rig))?.jobs?.oldestSeconds ?? 0) > age, 'the job to be older')
  expect((await rig.multi('status', 'w1')).stdout).toMatch(/^w1@\S+ +draining .* 1, oldest \d+(\.\d)? s/m)

  const stopping = rig.begin('stopwait', 'w1')
  await stopping.waitFor(/\(1 job, oldest \d+(\.\d)? s\)/)
  await whileNothingHappens(2000)
  expect(stopping.finished).toBeUndefined()
  expect(isAlive(pid)).toBe(true)
  expect(isDone(rig)).toBe(false)

  endJob(rig)
  expect((await stopping.ended).code).toBe(0)
  expect(isDone(rig)).toBe(true)
  expect(isAlive(pid)).toBe(false)
})

test('a limit alone kills nobody: stopwait says 124, and the job is done', async (context) => {
  const rig = rigFor(context)
  const pid = await busy(rig)
  const { code } = await rig.multi('stopwait', 'w1', '--timeout=1s')
  expect(code).toBe(124)
  expect(isAlive(pid)).toBe(true)
  expect(await rowOf(rig)).toMatchObject({ state: 'draining', pid, jobs: { active: 1 } })
  endJob(rig)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(isDone(rig)).toBe(true)
})

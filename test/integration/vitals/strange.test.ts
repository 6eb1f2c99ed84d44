import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Puppet, pause, type Rig, rigFor, until } from '../../rig/rig.ts'

interface Row {
  readonly state: string
  readonly note: string | null
  readonly jobs: { readonly active: number; readonly oldestSeconds: number | null } | null
  readonly heardSecondsAgo: number | null
}

async function rowOf(rig: Rig): Promise<Row> {
  const [row] = (await rig.multi('status', 'w1', '--json')).json() as Row[]
  if (!row) throw new Error('status has no row')
  return row
}

const fileOf = ({ hello }: Puppet): string => hello.env['MULTI_VITALS'] ?? ''

const words = (pid: number, also: object = {}): string =>
  JSON.stringify({ v: 1, pid, state: 'ready', active: 0, reserved: 0, done: 7, updatedAt: Date.now(), ...also })

/** As workers do: whole, by rename. */
function say(worker: Puppet, text: string, at = Date.now()): void {
  const file = fileOf(worker)
  writeFileSync(`${file}.tmp`, text)
  utimesSync(`${file}.tmp`, at / 1000, at / 1000)
  renameSync(`${file}.tmp`, file)
}

/** What is older than its worker is an older worker's: so the worker is made as old as tests cannot wait. */
function startedEarlier(rig: Rig, ms: number): void {
  const path = rig.recordFile('w1')
  const record = JSON.parse(readFileSync(path, 'utf8'))
  const { startedAt, startedMono } = record.launch
  const launch = { ...record.launch, startedAt: startedAt - ms, startedMono: startedMono - ms }
  writeFileSync(`${path}.tmp`, JSON.stringify({ ...record, launch }))
  renameSync(`${path}.tmp`, path)
}

async function expectStops(rig: Rig, worker: Puppet): Promise<void> {
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(worker.signals).toEqual(['SIGTERM'])
  expect(worker.alive).toBe(false)
}

test('status says when a worker that has fallen silent was last heard; its job goes on ageing, and it stops as ever', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started()
  startedEarlier(rig, 3_600_000)
  const at = Date.now() - 1_800_000
  say(worker, words(worker.pid, { active: 1, updatedAt: at, oldestStartedAt: at - 150_000 }), at)
  const row = await rowOf(rig)
  expect(row).toMatchObject({ state: 'running', note: expect.stringMatching(/^last heard 18\d\d s ago$/) })
  expect(row.jobs?.active).toBe(1)
  expect(row.jobs?.oldestSeconds).toBeGreaterThanOrEqual(1950)
  expect((await rig.multi('status', 'w1')).stdout).toMatch(/1, oldest 3[23]m\d\ds .*last heard 18\d\d s ago/)
  await expectStops(rig, worker)
})

test('a file that is touched and says an old time, or is old and says a new one, is as old as the older of both', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started()
  startedEarlier(rig, 3_600_000)
  const at = Date.now() - 1_800_000
  say(worker, words(worker.pid, { updatedAt: at }))
  expect((await rowOf(rig)).note).toMatch(/^last heard 18\d\d s ago$/)
  say(worker, words(worker.pid), at)
  expect((await rowOf(rig)).note).toMatch(/^last heard 18\d\d s ago$/)
  await expectStops(rig, worker)
})

test('a worker that speaks again is heard again', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started()
  startedEarlier(rig, 3_600_000)
  say(worker, words(worker.pid), Date.now() - 40_000)
  expect((await rowOf(rig)).note).toMatch(/last heard/)
  say(worker, words(worker.pid, { active: 2 }))
  expect(await rowOf(rig)).toMatchObject({ state: 'running', note: null, jobs: { active: 2 } })
  await expectStops(rig, worker)
})

describe('what a worker says is not believed, costs nothing and hides nothing: it is running, and stops as ever', () => {
  const HOUR_MS = 3_600_000
  const strange: readonly [string, (worker: Puppet, rig: Rig) => void][] = [
    ['the pid of another', (worker) => say(worker, words(process.pid, { active: 3 }))],
    [
      'times to come',
      (worker) => say(worker, words(worker.pid, { updatedAt: Date.now() + HOUR_MS }), Date.now() + HOUR_MS),
    ],
    ['a time before it was started', (worker) => say(worker, words(worker.pid), Date.now() - HOUR_MS)],
    ['a megabyte that is right but for its size', (worker) => say(worker, words(worker.pid) + ' '.repeat(2 ** 20))],
    ['a megabyte of anything', (worker) => say(worker, 'x'.repeat(2 ** 20))],
    ['half of it', (worker) => say(worker, words(worker.pid).slice(0, 40))],
    ['negative numbers', (worker) => say(worker, words(worker.pid, { active: -1 }))],
    ['another version', (worker) => say(worker, words(worker.pid, { v: 2 }))],
    [
      'a symlink',
      (worker, rig) => {
        const elsewhere = join(rig.work, 'elsewhere')
        writeFileSync(elsewhere, words(worker.pid))
        symlinkSync(elsewhere, fileOf(worker))
      },
    ],
    ['a symlink to what never ends', (worker) => symlinkSync('/dev/zero', fileOf(worker))],
    ['a pipe that nobody writes to', (worker) => void execFileSync('mkfifo', [fileOf(worker)])],
  ]
  for (const [what, act] of strange) {
    test(`${what}`, async (context) => {
      const rig = rigFor(context)
      const worker = await rig.started()
      rmSync(fileOf(worker), { force: true })
      act(worker, rig)
      expect(await rowOf(rig)).toMatchObject({ state: 'running', jobs: null, heardSecondsAgo: null })
      await expectStops(rig, worker)
    })
  }

  test('a directory', async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started()
    mkdirSync(fileOf(worker))
    expect(await rowOf(rig)).toMatchObject({ state: 'running', jobs: null })
    await expectStops(rig, worker)
  })

  test('a time to come, of which its job would be as old', async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started()
    const now = Date.now()
    say(worker, words(worker.pid, { active: 1, oldestStartedAt: now, updatedAt: now + 1000 * HOUR_MS }))
    const { state, jobs } = await rowOf(rig)
    expect([state, jobs?.active]).toEqual(['running', 1])
    expect(jobs?.oldestSeconds).toBeLessThan(3600)
    await expectStops(rig, worker)
  })

  test('that it is gone', async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started()
    say(worker, words(worker.pid, { state: 'gone' }))
    expect((await rowOf(rig)).state).toBe('running')
    await expectStops(rig, worker)
  })

  test('that it drains, which nobody asked for: running, and status says so', async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started()
    say(worker, words(worker.pid, { state: 'draining' }))
    expect(await rowOf(rig)).toMatchObject({ state: 'running', note: 'it is shutting down, not by multi' })
    const started = await rig.multi('start', 'w1')
    expect([started.code, started.stdout]).toEqual([1, expect.stringContaining('is still draining')])
    const resumed = await rig.multi('resume', 'w1')
    expect([resumed.code, resumed.stdout]).toEqual([1, expect.stringContaining('it is shutting down')])
    expect((await rig.multi('quiet', 'w1')).code).toBe(0)
    await expectStops(rig, worker)
  })

  test('words that would paint the terminal', async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started()
    say(worker, words(worker.pid, { exit: { reason: '\u001b[2Jgone\nw2@h  running' } }))
    const { stdout } = await rig.multi('status', 'w1')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).not.toMatch(/^w2@h/m)
    await expectStops(rig, worker)
  })
})

test('a worker that replaces its file all the time, now a megabyte and now nonsense, is seen and stopped', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started()
  let turn = 0
  let over = false
  const flood = async (): Promise<void> => {
    for (; !over; await pause(5)) say(worker, (turn++ % 2 ? 'x' : ' ').repeat(2 ** 20))
  }
  const flooding = flood()
  try {
    await until(() => turn > 10, 'the flood to come')
    expect(await rowOf(rig)).toMatchObject({ state: 'running', jobs: null })
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
    expect(worker.alive).toBe(false)
  } finally {
    over = true
    await flooding
  }
})

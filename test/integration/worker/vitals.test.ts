import { lstatSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { VITALS_PAUSE_MS, type Vitals } from '../../../src/model/vitals.ts'
import { until } from '../../rig/until.ts'
import { Rig, STDIN } from './host.ts'

let rig: Rig
beforeAll(() => {
  rig = new Rig()
})
afterAll(() => rig.remove())

/** Its timers and the wall clock are not the same clock. */
const TOLERANCE_MS = 20

it('a worker says that it boots, is ready, drains and is gone, with its pid', async () => {
  const app = rig.app(
    'stages.mjs',
    `export default async ({ jobs }) => { await ${STDIN}; return { close() { jobs.start()(); return ${STDIN} } } }`,
  )
  const host = rig.start(app)
  expect(await rig.state('booting')).toMatchObject({ v: 1, pid: host.pid, active: 0, done: 0, oldestStartedAt: null })
  host.goOn()
  expect(await rig.state('ready')).toMatchObject({ pid: host.pid })
  host.signal('SIGTERM')
  expect(await rig.state('draining')).toMatchObject({ pid: host.pid })
  host.goOn()
  await host.ended
  expect(rig.vitals()).toMatchObject({ state: 'gone', pid: host.pid, done: 1, exit: { code: 0 } })
})

it('says that it is ready before its first job can hold the event loop', async () => {
  const app = rig.app(
    'held.mjs',
    `import { existsSync } from 'node:fs'
    export default async () => {
      await ${STDIN}
      setImmediate(() => { while (!existsSync('let go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20) })
    }`,
  )
  const host = rig.start(app)
  await rig.state('booting')
  host.goOn()
  expect(await rig.state('ready')).toMatchObject({ pid: host.pid })
  rig.app('let go', '')
  host.signal('SIGTERM')
  expect((await host.ended).code).toBe(0)
})

it('a thousand jobs are few words, and the last of them is true', async () => {
  const app = rig.app(
    'flood.mjs',
    `export default ({ jobs }) => {
      let n = 0
      const timer = setInterval(() => { jobs.start()(); if (++n === 1000) clearInterval(timer) }, 1)
    }`,
  )
  rig.start(app)
  const heard: Vitals[] = []
  await until(() => {
    const vitals = rig.vitals()
    if (vitals !== undefined && vitals.updatedAt !== heard.at(-1)?.updatedAt) heard.push(vitals)
    return vitals?.done === 1000
  }, 'a thousand jobs')
  expect(heard.length).toBeGreaterThan(1)
  const pauses = heard.slice(1).map(({ updatedAt }, at) => updatedAt - (heard[at]?.updatedAt ?? 0))
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(VITALS_PAUSE_MS - TOLERANCE_MS)
})

it('a running job is seen with the time of its beginning', async () => {
  const app = rig.app('one.mjs', `export default ({ job }) => void job(() => ${STDIN})()`)
  const host = rig.start(app)
  const { oldestStartedAt, updatedAt } = await rig.saysOfItself('a job', ({ active }) => active === 1)
  expect(oldestStartedAt).toBeGreaterThan(updatedAt - 60_000)
  expect(oldestStartedAt).toBeLessThanOrEqual(updatedAt)
  host.goOn()
  await rig.saysOfItself('it done', ({ active, done }) => active === 0 && done === 1)
})

it('vitals that cannot be written are one line in the log, cost no job, and come when they can', async () => {
  const place = join(rig.directory, 'not', 'yet')
  const app = rig.app('goes-on.mjs', `export default ({ jobs }) => { setInterval(() => jobs.start()(), 50) }`)
  const host = rig.start(app, [], [], { MULTI_VITALS: join(place, 'vitals.json') })
  await host.says('vitals cannot be written')
  await host.says('ready pid=')
  host.signal('SIGUSR1')
  await host.says('status state=ready')
  mkdirSync(place, { recursive: true })
  await until(() => rig.read('not/yet/vitals.json').includes('"state":"ready"'), 'vitals')
  // Not removed: its worker may be writing there.
  renameSync(join(rig.directory, 'not'), join(rig.directory, 'gone'))
  host.signal('SIGTERM')
  expect((await host.ended).code).toBe(0)
  expect(host.output.split('vitals cannot be written').length).toBeLessThanOrEqual(3)
})

it('a symlink in their place is replaced, and what it led to is left alone', async () => {
  const victim = join(rig.directory, 'victim')
  writeFileSync(victim, 'precious')
  const link = join(rig.directory, 'link.json')
  symlinkSync(victim, link)
  rig.start(rig.app('plain.mjs', 'export default () => {}'), [], [], { MULTI_VITALS: link })
  await until(() => lstatSync(link).isFile(), 'a file')
  expect(lstatSync(link).mode & 0o777).toBe(0o600)
  expect(readFileSync(victim, 'utf8')).toBe('precious')
})

it('what the app starts cannot write over them: their place is not in its environment', async () => {
  const app = rig.app('env.mjs', `export default () => console.log('place', process.env.MULTI_VITALS)`)
  const host = rig.start(app)
  await host.says('place ')
  expect(host.output).toContain('place undefined')
})

it('a relative place is refused in a line, and the worker runs without', async () => {
  const host = rig.start(rig.app('plain.mjs', 'export default () => {}'), [], [], { MULTI_VITALS: 'vitals.json' })
  await host.says('MULTI_VITALS is not an absolute path')
  await host.says('ready pid=')
  host.signal('SIGTERM')
  expect((await host.ended).code).toBe(0)
  expect(rig.vitals()).toBeUndefined()
})

it('an app that cannot be started says why in its last words', async () => {
  const host = rig.start(rig.app('broken.mjs', `throw new Error('no database')`))
  await host.ended
  expect(rig.vitals()).toMatchObject({
    state: 'gone',
    exit: { code: 1, reason: expect.stringContaining('could not be started: no database') },
  })
})

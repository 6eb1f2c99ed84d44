/** Jobs that the host has counted are finished, whatever the app's close() does. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../rig/until.ts'
import { Rig, STDIN } from './host.ts'

let rig: Rig
beforeAll(() => {
  rig = new Rig()
})
afterAll(() => rig.remove())

it.each([
  [
    'job() of an app that gives nothing to close',
    'no-close.mjs',
    `job(async () => { await ${STDIN}; log.info('the job is done') })()`,
  ],
  [
    'job() whose app is closed at once',
    'closes.mjs',
    `job(async () => { await ${STDIN}; log.info('the job is done') })(); return { close() {} }`,
  ],
  [
    'jobs.start()',
    'started.mjs',
    `const end = jobs.start(); ${STDIN}.then(() => { log.info('the job is done'); end(); end() })`,
  ],
])('%s is waited for', async (_, name, body) => {
  const host = rig.start(rig.app(name, `export default ({ job, jobs, log }) => { ${body} }`))
  await host.says('ready pid')
  host.signal('SIGTERM')
  await host.says('the app is closed, and 1 job runs on: waiting')
  expect(await rig.state('draining')).toMatchObject({ active: 1 })
  host.goOn()
  expect((await host.ended).code).toBe(0)
  expect(host.output).toContain('the job is done')
  expect(rig.vitals()).toMatchObject({ state: 'gone', active: 0, done: 1 })
})

it('QUIT does not wait for them', async () => {
  const host = rig.start(rig.app('quits.mjs', `export default ({ job }) => { job(() => ${STDIN})() }`))
  await host.says('ready pid')
  host.signal('SIGTERM')
  await host.says('1 job runs on')
  host.signal('SIGQUIT')
  expect((await host.ended).code).toBe(131)
})

it('a query that runs whenever it is awaited runs once', async () => {
  const lazy = `{ then(resolve) { log.info('the query runs'); resolve('row') } }`
  const app = rig.app(
    'lazy.mjs',
    `export default async ({ job, log }) => { log.info('got ' + await job(() => (${lazy}))()) }`,
  )
  const host = rig.start(app)
  await host.says('ready pid')
  expect(host.output.match(/the query runs/g)).toHaveLength(1)
  expect(host.output).toContain('got row')
  expect(await rig.saysOfItself('one job', ({ done }) => done === 1)).toMatchObject({ active: 0 })
  host.signal('SIGTERM')
  expect((await host.ended).code).toBe(0)
})

it('a stop while the app starts says that this is what it waits for', async () => {
  const host = rig.start(
    rig.app('starts.mjs', `export default async ({ log }) => { log.info('starting'); await ${STDIN} }`),
  )
  await host.says('starting')
  host.signal('SIGTERM')
  await host.says('TERM: its app is still starting, and is closed when it has started')
  const { exit } = await rig.state('draining')
  expect(exit?.reason).toContain('still starting')
  host.goOn()
  expect((await host.ended).code).toBe(0)
})

it('a pause that never ends keeps nothing from being closed', async () => {
  const body = `log.info('starting'); await ${STDIN}; return { pause: () => new Promise(() => {}), resume() {}, close() { log.info('close called') } }`
  const host = rig.start(rig.app('pauses.mjs', `export default async ({ log }) => { ${body} }`))
  await host.says('starting')
  host.signal('SIGTSTP')
  host.signal('SIGTERM')
  await host.says('still starting')
  host.goOn()
  expect((await host.ended).code).toBe(0)
  expect(host.output).toContain('close called')
})

it('a log that was rotated while the worker booted is opened again by HUP', async () => {
  const log = join(rig.directory, 'rotated.log')
  const gate = join(rig.directory, 'gate.mjs')
  // Loaded before the host looks at its output.
  writeFileSync(
    gate,
    `import { renameSync } from 'node:fs'; renameSync(${JSON.stringify(log)}, ${JSON.stringify(`${log}.1`)})`,
  )
  writeFileSync(log, '')
  const app = rig.app('talks.mjs', "export default ({ log }) => { process.on('SIGUSR2', () => log.info('after')) }")
  const host = rig.startLogged(app, log, [`--logfile=${log}`], { NODE_OPTIONS: `--import ${gate}` })
  await until(() => rig.read('rotated.log.1').includes('ready pid'), 'it to be ready')
  host.signal('SIGHUP')
  await until(() => rig.read('rotated.log').includes('opened again'), 'the new log')
  host.signal('SIGUSR2')
  await until(() => rig.read('rotated.log').includes('after'), 'a line in it')
  host.signal('SIGTERM')
  expect((await host.ended).code).toBe(0)
})

it('a relative pidfile goes with a worker that changes its directory', async () => {
  mkdirSync(join(rig.directory, 'elsewhere'))
  const app = rig.app('moves.mjs', "process.chdir('elsewhere'); export default () => {}")
  const host = rig.start(app, ['--pidfile=moved.pid'])
  await host.says('ready pid')
  expect(rig.read('moved.pid')).toBe(`${host.pid}\n`)
  host.signal('SIGTERM')
  expect((await host.ended).code).toBe(0)
  expect(rig.read('moved.pid')).toBe('')
  renameSync(join(rig.directory, 'elsewhere'), join(rig.directory, 'was-elsewhere'))
})

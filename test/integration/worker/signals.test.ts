import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Host, Rig, STDIN } from './host.ts'

let rig: Rig
let drain: string

beforeAll(() => {
  rig = new Rig()
  drain = rig.app(
    'drain.mjs',
    `export default ({ log, signal }) => {
      signal.addEventListener('abort', () => log.warn('aborted'))
      return { close() { log.info('close called'); return ${STDIN} } }
    }`,
  )
})
afterAll(() => rig.remove())

const count = (host: Host, text: string) => host.output.split(text).length - 1

async function ready(app = drain): Promise<Host> {
  const host = rig.start(app)
  await host.says('ready')
  return host
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('closes once, waits for it, exits 0', async () => {
    const host = await ready()
    host.signal(signal)
    await host.says('close called')
    host.goOn()
    expect(await host.ended).toEqual({ code: 0, signal: null })
    expect(count(host, 'close called')).toBe(1)
    expect(host.output).toContain('stopped')
  })
})

it('more TERMs change nothing', async () => {
  const host = await ready()
  host.signal('SIGTERM')
  await host.says('close called')
  host.signal('SIGTERM')
  host.signal('SIGTERM')
  // HUP is answered in a line: when it is there, the TERMs before it have been seen.
  host.signal('SIGHUP')
  await host.says('HUP: ignored')
  host.goOn()
  expect((await host.ended).code).toBe(0)
  expect(count(host, 'close called')).toBe(1)
  expect(host.output).not.toContain('aborted')
})

it.each(['SIGTERM', 'SIGINT'] as const)(
  'an INT after %s aborts the signal of the jobs, and still waits',
  async (first) => {
    const host = await ready()
    host.signal(first)
    await host.says('close called')
    host.signal('SIGINT')
    await host.says('aborted')
    host.signal('SIGINT')
    host.goOn()
    expect((await host.ended).code).toBe(0)
    expect(count(host, 'aborted')).toBe(1)
  },
)

it('QUIT leaves at once with 131, also while it closes', async () => {
  const host = await ready()
  host.signal('SIGTERM')
  await host.says('close called')
  host.signal('SIGQUIT')
  expect(await host.ended).toEqual({ code: 131, signal: null })
  expect(existsSync(rig.pidfile)).toBe(false)
})

it('HUP does not end it', async () => {
  const host = await ready()
  host.signal('SIGHUP')
  await host.says('HUP: ignored')
  host.signal('SIGQUIT')
  expect((await host.ended).code).toBe(131)
})

describe('TERM while the app loads', () => {
  it('lets its function finish, closes what it returned, and is never ready', async () => {
    const app = rig.app(
      'slow.mjs',
      `export default async ({ log }) => {
        log.info('starting')
        await ${STDIN}
        return { close: () => log.info('close called') }
      }`,
    )
    const host = rig.start(app)
    await host.says('starting')
    host.signal('SIGTERM')
    await host.says('TERM: closing')
    host.goOn()
    expect((await host.ended).code).toBe(0)
    expect(host.output).toContain('close called')
    expect(host.output).not.toContain('ready')
    expect(existsSync(rig.pidfile)).toBe(false)
  })

  it('does not call a function that is not running yet', async () => {
    const app = rig.app(
      'import.mjs',
      `console.log('importing'); await ${STDIN}; export default () => console.log('called')`,
    )
    const host = rig.start(app)
    await host.says('importing')
    host.signal('SIGTERM')
    await host.says('TERM: closing')
    host.goOn()
    expect((await host.ended).code).toBe(0)
    expect(host.output).not.toContain('called')
  })
})

describe('the pidfile', () => {
  it('appears when the app is ready, and goes with it', async () => {
    const app = rig.app('later.mjs', `export default async ({ log }) => { log.info('starting'); await ${STDIN} }`)
    const host = rig.start(app)
    await host.says('starting')
    expect(existsSync(rig.pidfile)).toBe(false)
    host.goOn()
    await host.says('ready')
    expect(readFileSync(rig.pidfile, 'utf8')).toBe(`${host.pid}\n`)
    host.signal('SIGTERM')
    expect((await host.ended).code).toBe(0)
    expect(existsSync(rig.pidfile)).toBe(false)
  })

  it('of another worker that runs ends this one before its app is loaded, and is left alone', async () => {
    const first = await ready()
    const second = rig.start(drain)
    expect((await second.ended).code).toBe(1)
    expect(second.output).not.toContain('close called')
    expect(second.output).toContain(`process ${first.pid}, which runs`)
    expect(readFileSync(rig.pidfile, 'utf8')).toBe(`${first.pid}\n`)
    first.signal('SIGQUIT')
    await first.ended
  })

  it('goes when the app itself calls process.exit', async () => {
    const host = await ready(rig.app('exits.mjs', `export default () => { ${STDIN}.then(() => process.exit(7)) }`))
    host.goOn()
    expect((await host.ended).code).toBe(7)
    expect(existsSync(rig.pidfile)).toBe(false)
  })
})

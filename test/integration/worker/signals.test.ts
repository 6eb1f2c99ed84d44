import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostSignal, SIGNALS } from '../../../src/worker/signals.ts'
import { until } from '../../rig/until.ts'
import { type Host, Rig, STDIN } from './host.ts'

let rig: Rig
/** Closes when something comes in on stdin. `drain` looks at the abort, `deaf` does not. */
let drain: string
let deaf: string
/** Loads until something comes in on stdin. */
let slow: string

const CLOSING = `{
  pause() { log.info('pause called') }, resume() { log.info('resume called') },
  close() { log.info('close called'); return ${STDIN} },
}`

beforeAll(() => {
  rig = new Rig()
  deaf = rig.app('deaf.mjs', `export default ({ log }) => (${CLOSING})`)
  drain = rig.app(
    'drain.mjs',
    `export default ({ log, signal }) => {
      signal.addEventListener('abort', () => log.warn('aborted'))
      return ${CLOSING}
    }`,
  )
  slow = rig.app(
    'slow.mjs',
    `export default async ({ log }) => { log.info('starting'); await ${STDIN}; return ${CLOSING.replace(STDIN, '0')} }`,
  )
})
afterAll(() => rig.remove())

const count = (host: Host, text: string) => host.output.split(text).length - 1

async function ready(app = drain, options: readonly string[] = []): Promise<Host> {
  const host = rig.start(app, options)
  await host.says('ready pid')
  return host
}

/** USR1 is answered in lines: when they are there, the signals before it have been seen. */
async function seen(host: Host): Promise<void> {
  const before = count(host, 'status state=')
  host.signal('SIGUSR1')
  await host.saysTimes('status state=', before + 1)
}

async function finished(host: Host): Promise<number | null> {
  host.goOn()
  return (await host.ended).code
}

async function closes(signal: NodeJS.Signals): Promise<void> {
  const host = await ready()
  host.signal(signal)
  await host.says('close called')
  expect(await rig.state('draining')).toMatchObject({ pid: host.pid })
  expect(await finished(host)).toBe(0)
  expect(count(host, 'close called')).toBe(1)
  expect(host.output).toContain('stopped')
}

/** One for each row, or this does not compile. */
const ROWS: Readonly<Record<HostSignal, () => Promise<void>>> = {
  TERM: () => closes('SIGTERM'),
  INT: () => closes('SIGINT'),
  QUIT: async () => {
    const host = await ready(deaf)
    host.signal('SIGQUIT')
    expect(await host.ended).toEqual({ code: 131, signal: null })
    expect(rig.vitals()).toMatchObject({ state: 'gone', exit: { code: 131, reason: 'QUIT: left at once' } })
    expect(existsSync(rig.pidfile)).toBe(false)
  },
  HUP: async () => {
    const host = await ready()
    host.signal('SIGHUP')
    await host.says('HUP: nothing is opened again')
    host.signal('SIGTERM')
    expect(await finished(host)).toBe(0)
  },
  USR1: async () => {
    const app = rig.app('dump.mjs', `export default ({ jobs }) => { jobs.start('long'); jobs.start()() }`)
    const host = await ready(app)
    host.signal('SIGUSR1')
    await host.says('running job=long seconds=')
    expect(host.output).toContain('status state=ready active=1 reserved=0 done=1')
  },
  TSTP: async () => {
    const host = await ready()
    host.signal('SIGTSTP')
    await rig.state('quiet')
    host.signal('SIGTERM')
    expect(await finished(host)).toBe(0)
    expect(count(host, 'pause called')).toBe(1)
  },
  CONT: async () => {
    const host = await ready()
    host.signal('SIGCONT')
    await seen(host)
    expect(host.output).not.toContain('resume called')
    host.signal('SIGTSTP')
    await rig.state('quiet')
    host.signal('SIGCONT')
    await rig.state('ready')
    host.signal('SIGTERM')
    expect(await finished(host)).toBe(0)
    expect(count(host, 'resume called')).toBe(1)
  },
}

/** While the app loads: each signal is taken, and none ends the process in the middle of it. */
const WHILE_LOADING: Readonly<Record<HostSignal, (host: Host) => Promise<void>>> = {
  TERM: async (host) => {
    await host.says('TERM: its app is still starting')
    expect(await finished(host)).toBe(0)
    expect(host.output).toContain('close called')
    expect(host.output).not.toContain('ready')
    expect(existsSync(rig.pidfile)).toBe(false)
  },
  INT: async (host) => {
    await host.says('INT: its app is still starting')
    expect(await finished(host)).toBe(0)
    expect(host.output).not.toContain('ready')
  },
  QUIT: async (host) => {
    expect((await host.ended).code).toBe(131)
  },
  HUP: async (host) => {
    await host.says('HUP: nothing is opened again')
    await loadsOn(host)
  },
  USR1: async (host) => {
    await host.says('status state=booting')
    await loadsOn(host)
  },
  TSTP: async (host) => {
    await seen(host)
    host.goOn()
    // Ready and quiet are one: it must not be heard ready in between.
    expect(await rig.saysOfItself('a first word after booting', ({ state }) => state !== 'booting')).toMatchObject({
      state: 'quiet',
    })
  },
  CONT: async (host) => {
    host.signal('SIGTSTP')
    host.signal('SIGCONT')
    await seen(host)
    await loadsOn(host)
    expect(host.output).not.toContain('pause called')
  },
}

async function loadsOn(host: Host): Promise<void> {
  host.goOn()
  await host.says('ready pid')
  await rig.state('ready')
}

const TABLE = (Object.keys(SIGNALS) as HostSignal[]).map((signal) => ({ signal, ...SIGNALS[signal] }))

describe.each(TABLE)('$signal', ({ signal }) => {
  // Each row of ROWS and WHILE_LOADING asserts.
  it.each(TABLE.filter((row) => row.signal === signal))('$does', async () => {
    await expect(ROWS[signal]()).resolves.toBeUndefined()
  })

  it('while the app loads is taken too', async () => {
    const host = rig.start(slow)
    await host.says('starting')
    host.signal(`SIG${signal}`)
    await expect(WHILE_LOADING[signal](host)).resolves.toBeUndefined()
  })
})

it('more TERMs change nothing', async () => {
  const host = await ready()
  host.signal('SIGTERM')
  await host.says('close called')
  host.signal('SIGTERM')
  host.signal('SIGTERM')
  await seen(host)
  expect(await finished(host)).toBe(0)
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
    expect(await finished(host)).toBe(0)
    expect(count(host, 'aborted')).toBe(1)
  },
)

describe('QUIT', () => {
  it.each([
    ['has looked at its signal', () => drain, 'aborted'],
    [
      'declares that it is soft',
      () =>
        rig.app('soft.mjs', `export default { soft: true, close() { console.log('close called'); return ${STDIN} } }`),
      'close called',
    ],
  ] as const)('closes and aborts an app that %s; a second one leaves at once', async (_, app, said) => {
    const host = await ready(app())
    expect(await rig.state('ready')).toMatchObject({ soft: true })
    host.signal('SIGQUIT')
    await host.says(said)
    await host.says('close called')
    host.signal('SIGQUIT')
    expect(await host.ended).toEqual({ code: 131, signal: null })
    expect(existsSync(rig.pidfile)).toBe(false)
  })

  it('leaves an app at once that takes no abort, also while it closes', async () => {
    const host = await ready(deaf)
    expect(await rig.state('ready')).toMatchObject({ soft: false })
    host.signal('SIGTERM')
    await host.says('close called')
    host.signal('SIGQUIT')
    expect(await host.ended).toEqual({ code: 131, signal: null })
  })
})

it('HUP: what the host and the app write goes to the log that was opened again, and no line is lost', async () => {
  const app = rig.app(
    'lines.mjs',
    `let n = 0
    export default ({ log }) => {
      const timer = setInterval(() => { n += 1; console.log('out', n); console.error('err', n); log.info('log', { n }) }, 5)
      return { close() { clearInterval(timer); console.log('last', n) } }
    }`,
  )
  const log = join(rig.directory, 'w1.log')
  const host = rig.startLogged(app, log, [`--logfile=${join(rig.directory, 'w1%I.log')}`])
  await until(() => rig.read('w1.log').includes('out 5\n'), 'some lines')
  renameSync(log, `${log}.1`)
  host.signal('SIGHUP')
  await until(() => rig.read('w1.log').includes('err '), 'lines in the new log')
  host.signal('SIGTERM')
  expect((await host.ended).code).toBe(0)
  const last = Number(/^last (\d+)$/m.exec(rig.read('w1.log'))?.[1])
  const lines = `${readFileSync(`${log}.1`, 'utf8')}${rig.read('w1.log')}`.split('\n')
  for (let n = 1; n <= last; n += 1)
    expect(
      lines.filter((line) => line === `out ${n}` || line === `err ${n}` || line.endsWith(`log n=${n}`)),
    ).toHaveLength(3)
})

it('TERM while the module is imported: its function is not called', async () => {
  const app = rig.app(
    'import.mjs',
    `console.log('importing'); await ${STDIN}; export default () => console.log('called')`,
  )
  const host = rig.start(app)
  await host.says('importing')
  host.signal('SIGTERM')
  await host.says('TERM: its app is still starting')
  expect(await finished(host)).toBe(0)
  expect(host.output).not.toContain('called')
})

describe('the pidfile', () => {
  it('appears when the app is ready, and goes with it', async () => {
    const host = rig.start(slow)
    await host.says('starting')
    expect(existsSync(rig.pidfile)).toBe(false)
    host.goOn()
    await host.says('ready pid')
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
    first.signal('SIGTERM')
    expect(await finished(first)).toBe(0)
  })

  it('goes when the app itself calls process.exit', async () => {
    const host = await ready(rig.app('exits.mjs', `export default () => { ${STDIN}.then(() => process.exit(7)) }`))
    host.goOn()
    expect((await host.ended).code).toBe(7)
    expect(existsSync(rig.pidfile)).toBe(false)
    expect(rig.vitals()).toMatchObject({ state: 'gone', exit: { code: 7 } })
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from './host.ts'

let rig: Rig
beforeAll(() => {
  rig = new Rig()
})
afterAll(() => rig.remove())

async function stopped(
  app: string,
  options: readonly string[] = [],
  node: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
) {
  const host = rig.start(app, options, node, env)
  await host.says('ready')
  host.signal('SIGTERM')
  return { ...(await host.ended), output: host.output }
}

async function ended(app: string, options: readonly string[] = []) {
  const host = rig.start(app, options)
  return { ...(await host.ended), output: host.output }
}

describe('an app may be', () => {
  const closing = (name: string) => `{ close() { console.log('closed ${name}') } }`

  it.each([
    ['object.mjs', `export default ${closing('a')}`, ''],
    ['array.mjs', `export default [${closing('a')}, ${closing('b')}]`, ''],
    ['function.mjs', `export default () => (${closing('a')})`, ''],
    ['promise.mjs', `export default async () => [${closing('a')}]`, ''],
    ['named.mjs', `export const images = ${closing('a')}`, ':images'],
    ['common.cjs', `module.exports = ${closing('a')}`, ''],
    ['named.cjs', `exports.images = () => (${closing('a')})`, ':images'],
    ['compiled.cjs', `exports.__esModule = true; exports.default = ${closing('a')}`, ''],
  ])('%s', async (name, source, suffix) => {
    const { code, output } = await stopped(rig.app(name, source) + suffix)
    expect(code).toBe(0)
    expect(output).toContain('closed a')
    expect(output.includes('closed b')).toBe(source.includes('closed b'))
  })

  it('a function that returns nothing: it runs until it is stopped', async () => {
    expect(await stopped(rig.app('nothing.mjs', 'export default () => {}'))).toMatchObject({ code: 0 })
  })

  it('TypeScript, with tsx or on a Node that strips types', async () => {
    const app = rig.app('typed.mts', 'const word: string = "typed"\nexport default (): void => console.log(word)\n')
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
    const node = Reflect.get(process.features, 'typescript') ? [] : ['--import', tsx]
    expect(await stopped(app, [], node)).toMatchObject({ code: 0, output: expect.stringContaining('typed') })
  })
})

it('a function gets what the command line says', async () => {
  const source = `export default ({ signal, log, ...rest }) => {
    console.log(JSON.stringify(rest)); console.log(signal.aborted); log.debug('quiet'); log.error('loud\\nand clear', { n: 1, text: 'a b' })
  }`
  const app = rig.app('context.mjs', source)
  const { output } = await stopped(app, ['-Q', 'a,b', '-c', '3', '-l', 'INFO', '--', '--own'])
  // Its functions have no JSON.
  const given = { name: 'w1@h', queues: ['a', 'b'], concurrency: 3, logLevel: 'info', pool: 'async', jobs: {} }
  const [context, aborted, line] = output.split('\n')
  expect(JSON.parse(context ?? '')).toEqual({ ...given, args: ['--own'] })
  expect(aborted).toBe('false')
  expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z ERROR w1@h loud\\nand clear n=1 text="a b"$/)
  expect(output).not.toContain('quiet')
})

it('exits when it is closed, whatever the app left open', async () => {
  const source = `import { createServer } from 'node:net'
    export default () => { createServer().listen(0, '127.0.0.1'); setInterval(() => {}, 10); return { close() {} } }`
  expect(await stopped(rig.app('handles.mjs', source))).toMatchObject({ code: 0 })
})

it('waits for every close(), and exits 1 when one fails', async () => {
  const source = `export default [
    { close: async () => { throw new Error('cannot close') } },
    { close() { throw new Error('nor this') } },
    { close: () => new Promise((resolve) => setImmediate(resolve)).then(() => console.log('closed well')) },
  ]`
  const { code, output } = await stopped(rig.app('failing.mjs', source))
  expect(code).toBe(1)
  for (const text of ['close() failed: cannot close', 'close() failed: nor this', 'closed well'])
    expect(output).toContain(text)
})

describe('an app that cannot be used ends with one line', () => {
  it.each([
    ['number.mjs', 'export default 42', '', 'its export default is number without close()'],
    ['mixed.mjs', 'export default [{ close() {} }, 1]', '', 'something that has no close()'],
    ['other.mjs', 'export const a = 1, b = 2', '', 'there is no export default; it exports a, b'],
    ['unnamed.mjs', 'export default 1', ':images', 'there is no export images'],
    ['returns.mjs', 'export default () => 42', '', 'its function returned number without close()'],
  ])('%s', async (name, source, suffix, text) => {
    const { code, output } = await ended(rig.app(name, source) + suffix)
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toEqual([expect.stringContaining(text)])
    expect(existsSync(rig.pidfile)).toBe(false)
  })

  it('that is not there with 5', async () => {
    expect(await ended('./gone.mjs')).toMatchObject({
      code: 5,
      output: expect.stringContaining('there is no app ./gone.mjs'),
    })
  })

  it('whose command line is wrong with 2', async () => {
    expect(await ended('./x.mjs', ['-c', 'x'])).toMatchObject({
      code: 2,
      output: 'multi worker: x is no concurrency: 1 or more\n',
    })
  })
})

describe('an app that fails shows its stack', () => {
  it.each([
    ['throws.mjs', `const load = () => { throw new Error('boom') }\nload()`, 'throws.mjs:1'],
    ['rejects.mjs', `export default async function begin() { throw new Error('boom') }`, 'at begin'],
  ])('%s, exit 1', async (name, source, place) => {
    const { code, output } = await ended(rig.app(name, source))
    expect(code).toBe(1)
    expect(output).toContain('could not be started: boom')
    expect(output).toContain(place)
  })

  it('and a module that it misses is its own failure, not ours', async () => {
    const { code, output } = await ended(rig.app('needs.mjs', `import 'no-such-package'`))
    expect(code).toBe(1)
    expect(output).toContain('no-such-package')
  })

  it.each([
    ['unhandled rejection', `Promise.reject(new Error('lost'))`],
    ['uncaught exception', `(() => { throw new Error('lost') })()`],
  ])('%s, exit 70', async (what, source) => {
    const app = rig.app('mistake.mjs', `export default () => { process.stdin.once('data', () => { ${source} }) }`)
    const host = rig.start(app)
    await host.says('ready')
    host.goOn()
    expect((await host.ended).code).toBe(70)
    expect(rig.vitals()).toMatchObject({ state: 'gone', exit: { code: 70, reason: `${what}: lost` } })
    expect(host.output).toContain(`${what}: lost`)
    expect(host.output).toContain('mistake.mjs:1')
    expect(existsSync(rig.pidfile)).toBe(false)
  })
})

describe('the process', () => {
  it('keeps its environment readable, by which it is found again', async () => {
    const host = rig.start(rig.app('waits.mjs', 'export default () => {}'))
    await host.says('ready')
    const environ = readFileSync(`/proc/${host.pid}/environ`, 'utf8').split('\0')
    expect(environ).toContain(`PATH=${process.env['PATH']}`)
    expect(readFileSync(`/proc/${host.pid}/cmdline`, 'utf8')).toContain('multi: w1@h')
    host.signal('SIGQUIT')
    await host.ended
  })

  it('runs where --workdir says, with the umask that was given', async () => {
    const app = rig.app('where.mjs', `export default () => console.log(process.cwd(), process.umask())`)
    const { output } = await stopped(app, ['--workdir=/', '--umask=027'])
    expect(output).toContain('/ 23\n')
  })

  it.runIf(process.getuid?.() === 0)("drops to --uid and --gid, and none of root's groups stay", async () => {
    const app = rig.app(
      'who.mjs',
      `export default () => console.log(process.getuid(), process.getgid(), ...process.getgroups())`,
    )
    const as = async (uid: number, ...options: string[]) => {
      const own = rig.ownedBy(uid)
      const env = { MULTI_VITALS: `${own}/vitals.json` }
      return (await stopped(app, [`--pidfile=${own}/w1.pid`, ...options], [], env)).output
    }
    expect(await as(65534, '--uid=65534', '--gid=65534')).toContain('65534 65534 65534\n')
    expect(await as(65534, '--uid=nobody')).toMatch(/^(\d+) (\d+) \2\n/)
    expect(await as(54321, '--uid=54321', '--gid=54322')).toContain('54321 54322 54322\n')
  })

  it.runIf(process.getuid?.() === 0)('ends with 4 when it cannot', async () => {
    const app = rig.app('never.mjs', `console.log('loaded')`)
    for (const options of [['--uid=no-such-user', '--gid=1'], ['--uid=54321']]) {
      const { code, output } = await ended(app, options)
      expect(code).toBe(4)
      expect(output).not.toContain('loaded')
    }
  })
})

import { describe, expect, it } from 'vitest'
import { APP_POOLS, appOptions, poolOptions } from '../../../src/kinds/app/options.ts'
import { readOptions } from '../../../src/worker/options.ts'
import { FILES, type Machine, planned, refused } from './machine.ts'

const HOST = ['/opt/node', '/opt/multi.js', 'worker', '-A'] as const
const STRIPS = '-p Boolean(process.features.typescript)'
const has = (...paths: string[]): Machine => ({ files: Object.fromEntries(paths.map((path) => [path, ''])) })

/** Of options that do not take any word. */
const VALUES: Readonly<Record<string, string>> = {
  '--umask': '022',
  '--concurrency': '1',
  '-c': '1',
  '--pool': 'prefork',
  '-P': 'prefork',
  '--autoscale': '3,1',
  '--max-tasks-per-child': '5',
  '--maxtasksperchild': '5',
  '--max-memory-per-child': '90000',
  '--maxmemperchild': '90000',
}

describe('the command line', () => {
  it('runs multi worker by the same Node, the module absolute', async () => {
    const plan = await planned(['w1', '-A', './x.mjs:images', '-Q', 'a,b', '-c', '4', '-L', 'INFO'], has('/srv/x.mjs'))
    expect(plan.argv).toEqual([...HOST, '/srv/x.mjs:images', '-Q', 'a,b', '-c', '4', '--loglevel=INFO', ...FILES])
  })

  it('hands on what stands behind --', async () => {
    const plan = await planned(['w1', '-A', './x.mjs', '--append=c', '--', '--own', 'a b'], has('/srv/x.mjs'))
    expect(plan.argv.slice(-4)).toEqual(['--', '--own', 'a b', 'c'])
  })

  it('finds a module without its ending, and an index', async () => {
    expect((await planned(['w1', '-A', './x'], has('/srv/x.cjs'))).argv[4]).toBe('/srv/x.cjs')
    expect((await planned(['w1', '-A', './x'], has('/srv/x/index.mjs'))).argv[4]).toBe('/srv/x/index.mjs')
  })

  it('leaves --detach out, and says so', async () => {
    const plan = await planned(['w1', '-A', './x.mjs', '--detach'], has('/srv/x.mjs'))
    expect(plan.argv).toEqual([...HOST, '/srv/x.mjs', ...FILES])
    expect(plan.notes).toEqual([expect.stringContaining('--detach')])
  })

  it('refuses options that no app host knows', async () => {
    const failure = await refused(['w1', '-A', './x.mjs', '--time-limit=3'], has('/srv/x.mjs'))
    expect(failure).toMatchObject({ reason: 'usage', argument: '--time-limit' })
  })

  it.each(poolOptions.flatMap(({ names }) => names))(
    'refuses %s without -P prefork, as the host would',
    async (name) => {
      const value = `${name}=${VALUES[name]}`
      const line = ['w1', '-A', './x.mjs', value]
      expect(await refused(line, has('/srv/x.mjs'))).toMatchObject({ reason: 'usage', argument: name })
      expect(readOptions(['-A', 'x', value]).ok).toBe(false)
      expect((await planned([...line, '-P', 'prefork'], has('/srv/x.mjs'))).argv).toContain(value)
    },
  )

  it('refuses pools that the host refuses, and no other', async () => {
    for (const pool of APP_POOLS) {
      expect((await planned(['w1', '-A', './x.mjs', '-P', pool], has('/srv/x.mjs'))).argv).toContain(pool)
      expect(readOptions(['-A', 'x', '-P', pool]).ok).toBe(true)
    }
    const failure = await refused(['w1', '-A', './x.mjs', '-P', 'gevent'], has('/srv/x.mjs'))
    expect(failure).toMatchObject({ reason: 'usage', argument: '-P gevent' })
    expect(readOptions(['-A', 'x', '-P', 'gevent']).ok).toBe(false)
  })

  it('has only options that the host understands', () => {
    const handedOn = appOptions.filter(({ names }) => names[0] !== '--executable')
    for (const { names } of handedOn) {
      for (const name of names) {
        const value = VALUES[name] ?? 'info'
        const line = ['-A', 'x', '-P', 'prefork', name, value]
        expect([name, readOptions(line)]).toEqual([name, expect.objectContaining({ ok: true })])
      }
    }
  })
})

describe('the plan', () => {
  it('waits for the word of the host, stops it by closing, and can tell it to take no more jobs', async () => {
    expect(await planned(['w1', '-A', './x.mjs'], has('/srv/x.mjs'))).toMatchObject({
      kind: 'app',
      pidfileOwner: 'worker',
      ready: 'vitals',
      stop: { warm: 'TERM', soft: 'INT', softWhen: 'said', cold: 'KILL' },
      quiet: { by: 'signal', quiet: 'TSTP', resume: 'CONT' },
      env: { MULTI_NODE: 'w1@vm', MULTI_INDEX: '1' },
    })
  })

  it('says all that was tried when the module is missing', async () => {
    expect(await refused(['w1', '-A', './x.mjs'])).toMatchObject({ reason: 'not-found', tried: ['/srv/x.mjs'] })
    const failure = await refused(['w1', '-A', './x'])
    expect(failure.reason === 'not-found' && failure.tried).toHaveLength(12)
  })

  it('drops privileges in the host, with a home', async () => {
    const machine = {
      ...has('/srv/x.mjs'),
      files: { '/srv/x.mjs': '', '/etc/passwd': 'www:x:33:34:w:/var/www:/bin/sh' },
    }
    const plan = await planned(['w1', '-A', './x.mjs', '--uid=www'], machine)
    expect(plan).toMatchObject({ uid: 33, gid: 34, env: { HOME: '/var/www', USER: 'www', LOGNAME: 'www' } })
    expect(plan.argv).toEqual([...HOST, '/srv/x.mjs', ...FILES, '--uid=33', '--gid=34'])
  })
})

describe('TypeScript', () => {
  const manifest = '{"exports": {".": "./dist/loader.mjs"}}'

  it('runs as it is on a Node that strips types', async () => {
    const machine = { ...has('/srv/x.ts'), answers: { [`/opt/node ${STRIPS}`]: 'true\n' } }
    expect((await planned(['w1', '-A', './x.ts'], machine)).argv).toEqual([...HOST, '/srv/x.ts', ...FILES])
  })

  it("runs by the app's own tsx on another", async () => {
    const files = { '/srv/app/x.ts': '', '/srv/node_modules/tsx/package.json': manifest }
    const plan = await planned(['w1', '-A', './app/x.ts'], { files, answers: { [`/opt/node ${STRIPS}`]: 'false\n' } })
    const loader = ['--import', 'file:///srv/node_modules/tsx/dist/loader.mjs']
    expect(plan.argv.slice(0, 4)).toEqual(['/opt/node', ...loader, '/opt/multi.js'])
  })

  it('runs by another Node that --executable names', async () => {
    const machine = { ...has('/srv/x.ts'), programs: ['/n24/node'], answers: { [`/n24/node ${STRIPS}`]: 'true\n' } }
    expect((await planned(['w1', '-A', './x.ts', '--executable=/n24/node'], machine)).argv[0]).toBe('/n24/node')
  })

  it('without either says what to install', async () => {
    expect(await refused(['w1', '-A', './x.ts'], has('/srv/x.ts'))).toMatchObject({
      reason: 'not-found',
      tried: ['/srv/node_modules/tsx', '/node_modules/tsx'],
      hint: expect.stringContaining('npm i tsx'),
    })
  })
})

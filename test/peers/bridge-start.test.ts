import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseVitals, type Vitals } from '../../src/model/vitals.ts'
import type { Finished, Rig } from '../rig/rig.ts'
import { PYTHON } from './broker.ts'
import { type Celery, full, note, skip, withBroker } from './celery.ts'
import { withInstallation } from './installation.ts'
import { anyUser, whyNoUsers } from './users.ts'

const W1 = full('w1')
const LINE = ['start', 'w1', '-A', 'tasks', '-c', '1'] as const

const environOf = (pid: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )

const argvOf = (pid: number): readonly string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')

/** What the worker with that pidfile has said of itself. */
function vitalsOf(pid: number): Vitals | undefined {
  const path = environOf(pid)['MULTI_VITALS'] ?? ''
  const vitals = existsSync(path) ? parseVitals(readFileSync(path, 'utf8')) : undefined
  return vitals?.pid === pid ? vitals : undefined
}

const pidOf = (rig: Rig): number => rig.readPid('w1') ?? 0

async function expectMute(
  celery: Celery,
  started: Finished,
  why: RegExp,
  pid = pidOf(celery.rig),
  ...where: readonly string[]
): Promise<void> {
  expect(started.code).toBe(0)
  expect(started.stderr + started.stdout).toMatch(why)
  expect(argvOf(pid).join(' ')).not.toContain('multi_bridge')
  expect(vitalsOf(pid)).toBeUndefined()
  expect(await celery.status('w1', ...where)).toMatchObject([
    { state: 'running', pid, note: expect.stringMatching(/^mute/) },
  ])
  expect(await celery.server()).toBe(W1)
}

describe.skipIf(skip)(`workers started with a bridge${note}`, () => {
  const celeryFor = withBroker()

  test('are ready by their own word when start returns', async (context) => {
    const celery = celeryFor(context)
    await celery.done(...LINE)
    const pid = pidOf(celery.rig)
    expect(vitalsOf(pid)).toMatchObject({ pid, state: 'ready', queues: ['celery'] })
    expect(celery.rig.log('w1')).not.toMatch(/multi_bridge|Traceback/)
    await celery.done('stopwait', 'w1')
  })

  test("have the modules of the user's own -I too, and the user's PYTHONPATH", async (context) => {
    const celery = celeryFor(context)
    const { rig } = celery
    const loaded = join(rig.directory, 'loaded')
    const source = `open(${JSON.stringify(loaded)}, 'a').write('x')\n`
    for (const name of ['one', 'two']) writeFileSync(join(rig.work, `${name}_${rig.token}.py`), source)
    const modules = `one_${rig.token},two_${rig.token}`
    const options = { ...celery.options, env: { ...celery.options.env, PYTHONPATH: rig.work } }
    expect((await rig.multi(options, ...LINE, '-I', modules)).code).toBe(0)
    expect(readFileSync(loaded, 'utf8')).toBe('xx')
    expect(vitalsOf(pidOf(rig))?.state).toBe('ready')
    await celery.done('stopwait', 'w1')
  })

  test('are as they would be without it when MULTI_BRIDGE=0 says so', async (context) => {
    const celery = celeryFor(context)
    const options = { ...celery.options, env: { ...celery.options.env, MULTI_BRIDGE: '0' } }
    const started = await celery.rig.multi(options, ...LINE)
    expect(environOf(pidOf(celery.rig))).not.toHaveProperty('PYTHONPATH')
    await expectMute(celery, started, /OK/)
    expect(started.stderr + started.stdout).not.toContain('bridge')
    await celery.done('stopwait', 'w1')
  })
})

describe.skipIf(skip)(
  `workers that cannot import the bridge are started all the same, mute, and it is said why${note}`,
  () => {
    const celeryFor = withBroker()
    const installed = withInstallation()
    const bridge = () => join(dirname(installed()), 'bridge')
    const module = () => join(bridge(), 'multi_bridge.py')

    /** Our copy, whose bridge is as the test made it. */
    const start = (celery: Celery, ...options: string[]): Promise<Finished> =>
      celery.rig.program([installed(), ...LINE, ...options], celery.options).ended

    async function withModule(text: string | undefined, act: () => Promise<void>): Promise<void> {
      const original = readFileSync(module())
      if (text === undefined) rmSync(module())
      else writeFileSync(module(), text)
      try {
        await act()
      } finally {
        writeFileSync(module(), original)
      }
    }

    test('under python -E', async (context) => {
      const celery = celeryFor(context)
      const started = await start(celery, '--cmd', `${PYTHON} -E -m celery`)
      await expectMute(celery, started, /w1@.*no bridge, ModuleNotFoundError/)
      await celery.done('stopwait', 'w1')
    })

    const instead: readonly [string, string | undefined, RegExp][] = [
      ['a syntax error', 'def broken(:\n', /no bridge, SyntaxError/],
      ['something that ends Python', 'import os\nos._exit(3)\n', /no bridge/],
      ['nothing', undefined, /no bridge, ModuleNotFoundError/],
    ]
    for (const [what, text, why] of instead) {
      test(`with ${what} in its place`, async (context) => {
        const celery = celeryFor(context)
        await withModule(text, async () => {
          await expectMute(celery, await start(celery), why)
          await celery.done('stopwait', 'w1')
        })
      })
    }

    test('when it is gone at the restart of a worker that had it', async (context) => {
      const celery = celeryFor(context)
      expect((await start(celery)).code).toBe(0)
      expect(vitalsOf(pidOf(celery.rig))?.state).toBe('ready')
      await withModule(undefined, async () => {
        const restarted = await celery.rig.program([installed(), 'restart', 'w1'], celery.options).ended
        await expectMute(celery, restarted, /no bridge, ModuleNotFoundError/)
      })
      // A later restart gives it its voice back.
      expect((await celery.rig.program([installed(), 'restart', 'w1'], celery.options).ended).code).toBe(0)
      expect(vitalsOf(pidOf(celery.rig))?.state).toBe('ready')
      await celery.done('stopwait', 'w1')
    })

    const why = whyNoUsers()
    test.skipIf(why !== undefined)(
      `with a folder that the worker's user cannot read${why === undefined ? '' : ` (skipped: ${why})`}`,
      async (context) => {
        if (anyUser === undefined) throw new Error('there is no user')
        const celery = celeryFor(context)
        const { uid, gid, name } = anyUser
        const own = join(celery.rig.directory, 'own')
        mkdirSync(own)
        chownSync(own, uid, gid)
        const files = [`--uid=${name}`, `--pidfile=${join(own, '%n.pid')}`, `--logfile=${join(own, '%n.log')}`]
        const pid = () => Number(readFileSync(join(own, 'w1.pid'), 'utf8'))

        expect((await start(celery, ...files)).code).toBe(0)
        expect(vitalsOf(pid())?.state).toBe('ready')
        await celery.done('stopwait', 'w1', '--pidfile', join(own, '%n.pid'))

        chmodSync(bridge(), 0o700)
        try {
          const started = await start(celery, ...files)
          await expectMute(celery, started, /no bridge/, pid(), '--pidfile', join(own, '%n.pid'))
        } finally {
          chmodSync(bridge(), 0o755)
        }
        await celery.done('stopwait', 'w1', '--pidfile', join(own, '%n.pid'))
      },
    )
  },
)

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive, rigFor } from '../rig/rig.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Pack {
  readonly filename: string
  readonly version: string
  /** Bytes of the tarball, and of what is in it. */
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** An enclosing `npm test` would hand its own settings on to ours. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))

const npm = (...words: string[]): string =>
  execFileSync('npm', [...words, '--no-update-notifier'], {
    cwd: ROOT,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** Without what follows the sources: types, and the parts that are loaded when they are called, have their places. */
function shapeOf(path: string): string {
  if (/^dist\/.*\.d\.ts$/.test(path)) return 'dist/**/*.d.ts'
  return path.replace(/^dist\/(cli|system|verbs|worker)\/[a-z-]+\.cjs/, 'dist/$1/*.cjs')
}

describe('the package', () => {
  const directory = mkdtempSync(join(tmpdir(), 'multi-smoke-'))
  const prefix = join(directory, 'prefix')
  const multi = join(prefix, 'bin/multi')
  let pack: Pack

  beforeAll(() => {
    ;[pack] = JSON.parse(npm('pack', '--ignore-scripts', '--json', '--pack-destination', directory)) as [Pack]
    npm('install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', join(directory, pack.filename))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('holds the program, its types, the manual, and nothing else', () => {
    const shapes = [...new Set(pack.files.map(({ path }) => shapeOf(path)))]
    expect(shapes.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/compiled.js',
      'bin/keep-compiled.js',
      'bin/multi.js',
      'bin/package.json',
      'bridge/multi_bridge.py',
      'dist/**/*.d.ts',
      'dist/cli.cjs',
      'dist/cli/*.cjs',
      'dist/index.js',
      'dist/system/*.cjs',
      'dist/verbs/*.cjs',
      'dist/worker/*.cjs',
      'man/multi-worker.7',
      'man/multi.1',
      'package.json',
      'schema/vitals.v1.json',
    ])
  })

  test('is small', () => {
    expect(pack.size).toBeLessThan(300_000)
    expect(pack.unpackedSize).toBeLessThan(1_200_000)
  })

  test('multi --version says its version', async (context) => {
    const { code, stdout } = await rigFor(context).program([multi, '--version']).ended
    expect([code, stdout]).toEqual([0, `${pack.version}\n`])
  })

  test('multi names 3 names three nodes', async (context) => {
    const { code, lines } = await rigFor(context).program([multi, 'names', '3']).ended
    expect(code).toBe(0)
    expect(lines.map((line) => line.split('@')[0])).toEqual(['celery1', 'celery2', 'celery3'])
  })

  test('starts a worker and stops it', async (context) => {
    const rig = rigFor(context)
    const started = await rig.program([multi, 'start', 'w1', '--cmd=sleep 600']).ended
    expect(started.code).toBe(0)
    const pid = rig.readPid('w1') ?? 0
    expect(isAlive(pid)).toBe(true)
    expect((await rig.program([multi, 'status']).ended).code).toBe(0)
    expect((await rig.program([multi, 'stopwait', 'w1']).ended).code).toBe(0)
    expect(isAlive(pid)).toBe(false)
  })

  test('runs a JavaScript app from anywhere', async (context) => {
    const rig = rigFor(context)
    const app = join(ROOT, 'test/smoke/fixtures/app.mjs')
    const started = await rig.program([multi, 'start', 'w1', '-A', app]).ended
    expect(started.code).toBe(0)
    expect(started.stdout).toMatch(/w1@\S+: OK/)
    expect((await rig.program([multi, 'stopwait', 'w1']).ended).code).toBe(0)
    expect(rig.log('w1')).toContain('closed')
  })

  test('its manual is installed where man finds it', () => {
    const page = join(prefix, 'share/man/man1/multi.1')
    expect(existsSync(page)).toBe(true)
    expect(readFileSync(realpathSync(page), 'utf8')).toContain('.Nm multi')
  })

  test('can be imported', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', "await import('multi-worker-manager')"],
      { cwd: join(prefix, 'lib'), encoding: 'utf8' },
    )
    expect([status, stderr]).toEqual([0, ''])
  })
})

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, type TestContext, test } from 'vitest'
import { isRoot, isSteady, type Options, type Rig, rigFor } from '../rig/rig.ts'
import { OTHER } from './support/others.ts'
import { together } from './support/together.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A package of its own, which has not run yet. */
class Installed {
  readonly rig: Rig
  readonly directory: string
  readonly dist: string
  readonly kept: string
  readonly bin: string

  constructor(context: TestContext, owner?: number) {
    this.rig = rigFor(context)
    this.directory = join(this.rig.directory, 'package')
    this.dist = join(this.directory, 'dist')
    this.bin = join(this.directory, 'bin/multi.js')
    this.kept = join(this.dist, 'compiled', `${process.versions.v8}-${process.arch}`)
    for (const name of ['bin', 'dist', 'package.json']) {
      cpSync(join(ROOT, name), join(this.directory, name), { recursive: true, filter: isSteady })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'))
    if (owner !== undefined) this.give(owner)
  }

  give(owner: number): void {
    for (const name of readdirSync(this.directory, { recursive: true, encoding: 'utf8' })) {
      if (!name.startsWith('node_modules')) chownSync(join(this.directory, name), owner, owner)
    }
    chownSync(this.directory, owner, owner)
  }

  multi = async (options: Options, ...line: string[]): Promise<string> => {
    const argv = [process.execPath, this.bin, ...line] as const
    const { code, stdout, stderr } = await this.rig.program(argv, options).ended
    if (code !== 0 || stderr !== '') throw new Error(`multi ${line.join(' ')} ended with ${code}: ${stderr}`)
    return stdout
  }

  /** Of the name that it gives a node. */
  async prefix(options: Options = {}): Promise<string> {
    return (await this.multi(options, 'names', '1')).split('1@')[0] ?? ''
  }

  files = (): string[] => (existsSync(this.kept) ? readdirSync(this.kept).toSorted() : [])

  file = (verb: string): string => join(this.kept, verb)

  /** Another build of the same length, which says `belery` where this one says `celery`. */
  rebuildOtherwise(): void {
    const main = join(this.dist, 'cli.cjs')
    writeFileSync(main, readFileSync(main, 'utf8').replaceAll('celery', 'belery'))
  }

  /** What was built, at a time that can be told to another. */
  builtAt(seconds: number): void {
    utimesSync(join(this.dist, 'cli.cjs'), seconds, seconds)
  }
}

const identity = (path: string): string => {
  const { ino, mtimeMs } = statSync(path)
  return `${ino} ${mtimeMs}`
}

/** As if it had been written long ago, so that it is not due. */
function age(path: string): void {
  const all = readFileSync(path)
  const end = all.indexOf('\n')
  const head = JSON.parse(all.toString('latin1', 0, end)) as { times: { born: number; written: number } }
  head.times = { born: 0, written: Date.now() }
  writeFileSync(path, Buffer.concat([Buffer.from(JSON.stringify(head)), all.subarray(end)]))
}

describe('what V8 has compiled', () => {
  test('is kept for each verb, and used by the next command', async (context) => {
    const one = new Installed(context)
    const other = new Installed(context)
    one.builtAt(1000)
    expect(await one.prefix()).toBe('celery')
    expect(one.files()).toEqual(['names'])
    // With hash and time of the one, what the other has kept of its own code is taken for that of the one: V8 looks at lengths.
    other.rebuildOtherwise()
    other.builtAt(1000)
    expect(await other.prefix()).toBe('belery')
    cpSync(other.file('names'), one.file('names'))
    expect(await one.prefix()).toBe('belery')
  })

  test('is used by a command that imports packages, too', async (context) => {
    const one = new Installed(context)
    const first = await one.multi({}, 'help')
    expect(await one.multi({}, 'help')).toBe(first)
    const [python, asked] = [join(one.directory, 'python'), join(one.directory, 'asked')]
    writeFileSync(python, `#!/bin/sh\necho "$*" >>${asked}\nexit 1\n`, { mode: 0o755 })
    const start = ['start', 'w1', '-A', 'nosuch', `--executable=${python}`]
    const ends = async () => (await one.rig.program([process.execPath, one.bin, ...start]).ended).code
    expect([await ends(), await ends()]).toEqual([5, 5])
    expect(readFileSync(asked, 'utf8')).toContain('celery')
  })

  test('is not used by another build, nor when a file was edited', async (context) => {
    const one = new Installed(context)
    const main = join(one.dist, 'cli.cjs')
    one.builtAt(1000)
    expect(await one.prefix()).toBe('celery')
    one.rebuildOtherwise()
    expect(await one.prefix()).toBe('belery')
    one.builtAt(2000)
    expect(await one.prefix()).toBe('belery')
    writeFileSync(main, readFileSync(main, 'utf8').replace(/^..../, '//xx').replaceAll('belery', 'celery'))
    one.builtAt(2000)
    expect(await one.prefix()).toBe('celery')
    expect(await one.prefix()).toBe('celery')
  })

  test('is written anew when a part was not in it, and what another line needed stays', async (context) => {
    const one = new Installed(context)
    const parts = (): string[] => {
      const head = readFileSync(one.file('expand'), 'latin1').split('\n')[0] ?? ''
      return (JSON.parse(head) as { parts: [string][] }).parts.map(([name]) => name)
    }
    await one.multi({}, 'expand', '%n', 'a')
    age(one.file('expand'))
    expect(parts()).toEqual(['cli.cjs'])
    await one.multi({}, 'expand', '%n', 'a', '--json')
    expect(parts()).toEqual(['cli.cjs', 'cli/reporting.cjs'])
    age(one.file('expand'))
    const before = identity(one.file('expand'))
    await one.multi({}, 'expand', '%n', 'a')
    expect(identity(one.file('expand'))).toBe(before)
  })

  test('is written anew when it is twice as old as when it was written', async (context) => {
    const one = new Installed(context)
    await one.prefix()
    age(one.file('names'))
    const before = identity(one.file('names'))
    await one.prefix()
    expect(identity(one.file('names'))).toBe(before)
    const all = readFileSync(one.file('names'), 'latin1')
    writeFileSync(one.file('names'), all.replace(/"written":\d+/, '"written":1000000'), 'latin1')
    await one.prefix()
    expect(identity(one.file('names'))).not.toBe(before)
  })

  test.for<[string, (path: string) => void]>([
    ['nothing', (path) => truncateSync(path, 0)],
    ['its first half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['words', (path) => writeFileSync(path, 'this is no JSON\nand no code\n')],
    ['other JSON', (path) => writeFileSync(path, '{"parts":7}\n')],
    ['zeros in place of code', withoutCode],
    ['a wrong bit', (path) => flipped(path, 0.4)],
    ['a wrong bit of its second half', (path) => flipped(path, 0.8)],
    ['a device that never ends', (path) => replaceBy(path, () => symlinkSync('/dev/zero', path))],
    ['a pipe that nobody writes', (path) => replaceBy(path, () => execFileSync('mkfifo', [path]))],
  ])('that is spoilt is not used, and mended: %s', async ([, spoil], context) => {
    const one = new Installed(context)
    await one.prefix()
    const path = one.file('names')
    age(path)
    const whole = readFileSync(path)
    spoil(path)
    expect(await one.prefix()).toBe('celery')
    expect(readFileSync(path).length).toBeGreaterThan(whole.length / 2)
    age(path)
    const mended = identity(path)
    expect(await one.prefix()).toBe('celery')
    expect(identity(path)).toBe(mended)
  })

  test('cannot be kept where a directory is in its place: nothing is said, and nothing left', async (context) => {
    const one = new Installed(context)
    mkdirSync(one.file('names'), { recursive: true })
    expect(await one.prefix()).toBe('celery')
    expect(one.files()).toEqual(['names'])
  })

  test('is not kept for a verb that there is not, with options of Node, or when Node is told to keep none', async (context) => {
    const one = new Installed(context)
    const argv = [process.execPath, one.bin, 'stat'] as const
    expect((await one.rig.program(argv).ended).code).toBe(2)
    await one.prefix({ env: { NODE_OPTIONS: '--max-old-space-size=200' } })
    await one.prefix({ env: { NODE_DISABLE_COMPILE_CACHE: '1' } })
    expect(one.files()).toEqual([])
  })

  test('is kept once by twenty commands at once, and what a killed one left goes after a minute', async (context) => {
    const one = new Installed(context)
    const said = await together(Array.from({ length: 20 }, () => one.prefix()))
    expect(new Set(said)).toEqual(new Set(['celery']))
    expect(one.files()).toEqual(['names'])
    const [old, young] = [one.file('names.1.draft'), one.file('names.2.draft')]
    writeFileSync(old, '')
    utimesSync(old, 1, 1)
    writeFileSync(young, '')
    rmSync(one.file('names'))
    await one.prefix()
    expect(one.files()).toEqual(['names', 'names.2.draft'])
  })

  describe.skipIf(!isRoot)('(needs root, to become others)', () => {
    test('is kept by the owner of the package alone, and used by all', async (context) => {
      const one = new Installed(context)
      expect(await one.prefix({ uid: OTHER })).toBe('celery')
      expect(one.files()).toEqual([])
      expect(await one.prefix()).toBe('celery')
      expect(statSync(one.kept).mode & 0o777).toBe(0o755)
      age(one.file('names'))
      const before = identity(one.file('names'))
      expect(await one.prefix({ uid: OTHER })).toBe('celery')
      expect(identity(one.file('names'))).toBe(before)
    })

    test('is not left by root in the package of a user, who keeps it himself', async (context) => {
      const one = new Installed(context, OTHER)
      expect(await one.prefix()).toBe('celery')
      expect(one.files()).toEqual([])
      expect(await one.prefix({ uid: OTHER })).toBe('celery')
      expect(one.files()).toEqual(['names'])
    })

    test('is not kept in a package that its owner may not change', async (context) => {
      const one = new Installed(context, OTHER)
      chmodSync(one.dist, 0o555)
      expect(await one.prefix({ uid: OTHER })).toBe('celery')
      expect(one.files()).toEqual([])
      chmodSync(one.dist, 0o755)
    })
  })
})

/** One bit, so far into the file. */
function flipped(path: string, share: number): void {
  const all = readFileSync(path)
  const at = Math.floor(all.length * share)
  all[at] = (all[at] ?? 0) ^ 1
  writeFileSync(path, all)
}

function replaceBy(path: string, make: () => void): void {
  rmSync(path)
  make()
}

/** The head as it is, and zeros, as a disk may have them after a power failure. */
function withoutCode(path: string): void {
  const all = readFileSync(path)
  const end = all.indexOf('\n') + 1
  writeFileSync(path, Buffer.concat([all.subarray(0, end), Buffer.alloc(all.length - end)]))
}

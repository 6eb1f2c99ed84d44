import { beforeEach, describe, expect, test } from 'vitest'
import { type SimSystem, seeded, World } from '../../sim/index.ts'
import { path } from './helpers.ts'

let world: World
let root: SimSystem
let user: SimSystem

beforeEach(() => {
  world = new World()
  root = world.system({ uid: 0 })
  user = world.system({ uid: 1000 })
  world.files.directory('/run/w', { mode: 0o777 })
})

const a = path('/run/w/a')
const b = path('/run/w/b')
const fine = { ok: true, value: undefined }
const refused = (code: string) => ({ ok: false, error: expect.objectContaining({ code }) })

describe('createFile', () => {
  test('is exclusive: of many at once exactly one makes it, under every schedule', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const each = new World({ scheduler: seeded(seed) })
      const systems = [0, 1, 2, 3].map(() => each.system({ uid: 0 }))
      const results = await each.runUntil(Promise.all(systems.map((one) => one.createFile(path('/run/x'), 'x', 0o600))))
      expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    }
  })

  test('does not go through a symlink, even one that leads nowhere', async () => {
    world.files.put('/etc/passwd', 'root')
    await world.runUntil(user.symlink('/etc/passwd', a))
    expect(await world.runUntil(root.createFile(a, 'x', 0o600))).toEqual(refused('EEXIST'))
    await world.runUntil(user.symlink('/nowhere', b))
    expect(await world.runUntil(root.createFile(b, 'x', 0o600))).toEqual(refused('EEXIST'))
  })

  test('leaves half a file when its multi dies in the middle, and never settles', async () => {
    world.fault({ call: 'createFile', leaves: 'half', kills: true, of: root })
    let settled = false
    void root.createFile(a, '12345678', 0o600).finally(() => (settled = true))
    await world.run()
    expect(settled).toBe(false)
    expect(await world.runUntil(user.stat(a))).toMatchObject({ size: 4 })
  })
})

describe('rename', () => {
  test('replaces whole: a reader sees the old or the new, never neither', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const each = new World({ seed })
      const writer = each.system({ uid: 0 })
      const reader = each.system({ uid: 0 })
      each.files.put('/run/r', 'old')
      const writing = async () => {
        await writer.createFile(path('/run/r.new'), 'new', 0o600)
        await writer.rename(path('/run/r.new'), path('/run/r'))
      }
      const seen: string[] = []
      const reading = async () => {
        for (let i = 0; i < 4; i++) {
          const read = await reader.readFile(path('/run/r'), 100)
          seen.push(read.found === 'text' ? read.text : read.found)
        }
      }
      await each.runUntil(Promise.all([writing(), reading()]))
      expect(seen.join(' ')).toMatch(/^(old ?)*(new ?)*$/)
    }
  })

  test('needs its source, and does not replace a directory by a file', async () => {
    expect(await world.runUntil(root.rename(a, b))).toEqual(refused('ENOENT'))
    world.files.put('/run/w/a', '1')
    world.files.directory('/run/w/b')
    expect(await world.runUntil(root.rename(a, b))).toEqual(refused('EISDIR'))
  })
})

describe('permissions', () => {
  test('a file is read by whom its mode lets, and by root', async () => {
    await world.runUntil(root.createFile(a, 'secret', 0o600))
    expect(await world.runUntil(user.readFile(a, 10))).toEqual({ found: 'unreadable', code: 'EACCES' })
    expect(await world.runUntil(root.readFile(a, 10))).toMatchObject({ found: 'text', text: 'secret', uid: 0 })
  })

  test('a directory takes entries only from whom it lets', async () => {
    expect(await world.runUntil(user.createFile(path('/var/lib/x'), '', 0o600))).toEqual(refused('EACCES'))
    expect(await world.runUntil(user.access(path('/var/lib'), 'write'))).toBe(false)
    expect(await world.runUntil(user.makeDirectory(path('/home/u1000/d'), 0o700))).toEqual(fine)
    expect(await world.runUntil(user.list(path('/root')))).toEqual(refused('EACCES'))
  })

  test('in a sticky directory nobody removes what is not his', async () => {
    await world.runUntil(root.createFile(path('/tmp/x'), '', 0o666))
    expect(await world.runUntil(user.remove(path('/tmp/x')))).toEqual(refused('EPERM'))
  })

  test('only root gives files away', async () => {
    await world.runUntil(user.createFile(a, '', 0o600))
    expect(await world.runUntil(user.changeOwner(a, 0, 0))).toEqual(refused('EPERM'))
    expect(await world.runUntil(root.changeOwner(a, 7, 8))).toEqual(fine)
    expect(await world.runUntil(root.stat(a))).toMatchObject({ uid: 7, gid: 8, mode: 0o600 })
  })
})

describe('symlinks', () => {
  test('are not read through, but followed on the way to a file', async () => {
    world.files.put('/run/w/a', 'text')
    await world.runUntil(root.symlink('/run/w/a', b))
    expect(await world.runUntil(root.readFile(b, 10))).toEqual({ found: 'other', what: 'a symlink' })
    expect(await world.runUntil(root.readFile(path('/var/run/w/a'), 10))).toMatchObject({ text: 'text' })
    expect(await world.runUntil(root.stat(b))).toMatchObject({ kind: 'symlink' })
    expect(await world.runUntil(root.statTarget(b))).toMatchObject({ kind: 'file' })
    expect(await world.runUntil(root.readlink(b))).toBe('/run/w/a')
  })

  test('a log may be one only where asked', async () => {
    await world.runUntil(root.symlink('/var/log/real.log', a))
    expect(await world.runUntil(root.openLog(a, { followSymlink: false }))).toEqual(refused('ELOOP'))
    expect(await world.runUntil(root.openLog(a, { followSymlink: true }))).toMatchObject({ ok: true })
    expect(await world.runUntil(root.stat(path('/var/log/real.log')))).toMatchObject({ kind: 'file' })
  })
})

test('a file over the limit is not read; a tail starts where it is told and is no longer than its limit', async () => {
  world.files.put('/run/w/a', 'abcdefgh')
  expect(await world.runUntil(root.readFile(a, 7))).toMatchObject({ found: 'other' })
  expect(await world.runUntil(root.readTail(a, 2, 100))).toBe('cdefgh')
  expect(await world.runUntil(root.readTail(a, 2, 3))).toBe('fgh')
})

test('a fault hits the calls it names, as often as it says, and then no more', async () => {
  world.fault({ call: 'rename', path: '/run/w/b', code: 'ENOSPC', times: 2, after: 1 })
  const codes: string[] = []
  for (let i = 0; i < 4; i++) {
    world.files.put('/run/w/a', '')
    const renamed = await world.runUntil(root.rename(a, b))
    codes.push(renamed.ok ? 'ok' : renamed.error.code)
  }
  expect(codes).toEqual(['ok', 'ENOSPC', 'ENOSPC', 'ok'])
})

test('removing what is not there is fine, and mtimes are wall time', async () => {
  expect(await world.runUntil(root.remove(a))).toEqual(fine)
  world.clock.jump(-3_600_000)
  await world.runUntil(root.createFile(a, '', 0o600))
  expect((await world.runUntil(root.stat(a)))?.mtimeMs).toBeCloseTo(root.wall(), 0)
})

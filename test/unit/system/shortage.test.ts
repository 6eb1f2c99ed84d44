import type * as FS from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { AbsPath } from '../../../src/model/names.ts'

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof FS>()
  const mocked = ['accessSync', 'fstatSync', 'lstatSync', 'readlinkSync', 'statSync'] as const
  return {
    ...real,
    ...Object.fromEntries(mocked.map((name) => [name, vi.fn<() => unknown>(real[name] as () => unknown)])),
  }
})

let fs: typeof FS
let files: typeof import('../../../src/system/files.ts')['files']
// Test files of this project share their modules: what another has loaded reads by the real calls.
beforeAll(async () => {
  vi.resetModules()
  fs = await import('node:fs')
  files = (await import('../../../src/system/files.ts')).files
})
afterAll(() => vi.resetModules())

const HERE = import.meta.filename as AbsPath

const fails = (call: 'accessSync' | 'fstatSync' | 'lstatSync' | 'readlinkSync' | 'statSync', code: string): void => {
  vi.mocked(fs[call] as () => unknown).mockImplementationOnce(() => {
    throw Object.assign(new Error(code), { code, syscall: call })
  })
}

beforeEach(() => vi.clearAllMocks())

const LOOKS = [
  ['stat', 'lstatSync', () => files.stat(HERE)],
  ['statTarget', 'statSync', () => files.statTarget(HERE)],
  ['access', 'accessSync', () => files.access(HERE, 'read')],
  ['readlink', 'lstatSync', () => files.readlink('/new/link' as AbsPath)],
  ['readFile', 'fstatSync', () => files.readFile(HERE, 1 << 20)],
] as const

test.each(LOOKS)(
  '%s for which there is no memory has no answer, not even that there is nothing',
  async (_, call, look) => {
    fails(call, 'ENOMEM')
    await expect(look()).rejects.toMatchObject({ code: 'ENOMEM' })
  },
)

test('a look that is refused for another reason finds nothing', async () => {
  fails('statSync', 'EACCES')
  expect(await files.statTarget(HERE)).toBeUndefined()
  fails('accessSync', 'EACCES')
  expect(await files.access(HERE, 'read')).toBe(false)
})

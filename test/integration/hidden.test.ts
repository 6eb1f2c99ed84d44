import { expect, test, vi } from 'vitest'
import { ForeignProc } from '../../src/system/fault.ts'
import { readFacts } from '../../src/system/proc.ts'
import { readSelf } from '../../src/system/self.ts'

/** How many more looks at /proc/PID/stat find nothing, as hidepid has it. */
let blind = 0
/** What /proc/self says, if not the truth. */
let named: string | undefined

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  // Here, as files of test/unit share their modules, and a mock would come too late for one.
  const readFileSync: typeof fs.readFileSync = ((...call: Parameters<typeof fs.readFileSync>) => {
    if (String(call[0]).endsWith('/stat') && blind-- > 0) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
    return fs.readFileSync(...call)
  }) as never
  const readlinkSync: typeof fs.readlinkSync = ((...call: Parameters<typeof fs.readlinkSync>) =>
    call[0] === '/proc/self' && named !== undefined ? named : fs.readlinkSync(...call)) as never
  return { ...fs, readFileSync, readlinkSync }
})

const read = (pid: number, misses: number) => {
  blind = misses
  return readFacts(pid)
}

test('who answers to kill(2) and is not shown in /proc is unreadable, not nothing', () => {
  expect(read(process.pid, 2)).toEqual({ found: 'unreadable' })
  expect(read(process.ppid, 2)).toEqual({ found: 'unreadable' })
})

test('who was born between the look and the question is found', () => {
  expect(read(process.pid, 1).found).toBe('process')
})

test('who does not answer either is nobody, and so is what is no pid', () => {
  for (const pid of [4_194_304, 0, -1, 2 ** 40]) expect(read(pid, 2)).toEqual({ found: 'nothing' })
})

test('who is somebody else in /proc has no identity: what it says is of another pid namespace', () => {
  named = '4194304'
  expect(() => readSelf().identity).toThrow(ForeignProc)
  named = undefined
  expect(readSelf().identity.pid).toBe(process.pid)
})

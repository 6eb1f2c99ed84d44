import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AbsPath } from '../../../src/model/names.ts'
import { claimPath, directoryOf, draftPath, litterOf, pidfileOfRecord, recordPath } from '../../../src/node/files.ts'
import { nodeKey } from '../../../src/node/key.ts'
import { parsePidfile } from '../../../src/node/pidfile.ts'
import type { FileRead } from '../../../src/system/port.ts'
import { identity, path } from './fixtures.ts'

const fileName = fc.stringMatching(/^[\w.@+-]{1,40}$/)
const nameOf = (text: string): string => text.slice(text.lastIndexOf('/') + 1)

describe('the files of a node', () => {
  test('stand beside its pidfile, hidden, and are told apart by their names', () => {
    fc.assert(
      fc.property(fileName, fc.nat(), fc.nat(4_194_304), fc.nat(), (name, generation, pid, startTicks) => {
        const pidfile = path(`/run/x/${name}`)
        const draft = draftPath(pidfile, identity(pid, startTicks))
        const claim = claimPath(pidfile, generation)
        for (const file of [recordPath(pidfile), draft, claim]) {
          expect(directoryOf(file)).toBe('/run/x')
          expect(nameOf(file)).toMatch(/^\./)
        }
        expect(litterOf(nameOf(claim))).toEqual({ kind: 'claim', pidfile: name, generation })
        expect(litterOf(nameOf(draft))).toEqual({ kind: 'draft', pidfile: name, pid, startTicks })
        expect(litterOf(nameOf(recordPath(pidfile)))).toBeUndefined()
        expect(pidfileOfRecord(nameOf(recordPath(pidfile)))).toBe(name)
        expect(pidfileOfRecord(nameOf(draft))).toBeUndefined()
      }),
    )
  })

  test.each([
    'w1.pid',
    '.w1.pid',
    '.w1.pid.multi',
    '.w1.pid.multi.json.bak',
    '.w1.pid.multi.claim.x',
    '.multi.lock',
    '.multi.claim.1',
  ])('%s is nothing that a killed command left', (name) => expect(litterOf(name)).toBeUndefined())

  test('a pidfile in the root directory has its record there', () => {
    expect(recordPath(path('/w1.pid'))).toBe('/.w1.pid.multi.json')
    expect(directoryOf(path('/w1.pid'))).toBe('/')
  })
})

describe('a key', () => {
  test('differs for one name in two directories, and is a short file name', () => {
    const one = nodeKey(path('/a/w1.pid'))
    expect(one).not.toBe(nodeKey(path('/b/w1.pid')))
    expect(one).toMatch(/^w1-[0-9a-f]{12}$/)
    expect(nodeKey(path(`/a/${'x'.repeat(250)}.pid`)).length).toBeLessThan(80)
  })
})

describe('a pidfile', () => {
  const text = (content: string): FileRead => ({ found: 'text', text: content, uid: 7, mtimeMs: 8 })

  test.each(['1', '42\n', ' 42 \n', '4194304', '0042'])('%j names a pid', (content) => {
    expect(parsePidfile(text(content))).toEqual({ is: 'pid', pid: Number(content), uid: 7, mtimeMs: 8 })
  })

  test.each([
    '',
    '\n',
    '0',
    '-1',
    '-42',
    '1.5',
    '0x10',
    'abc',
    '12 34',
    '12\n34',
    '4194305',
    '99999999',
    '1e3',
    '\0\0\0',
    '1\n2\n3\n',
    ' '.repeat(64),
  ])('%j is garbage', (content) => expect(parsePidfile(text(content)).is).toBe('garbage'))

  test.each([
    '１２',
    'import express from "express"\n\nexport default 1\n',
    `${'x'.repeat(64)}\n`,
    '4711\n/var/lib/postgresql\n',
    '\ufffd\ufffd\ufffd\ufffd\u0000\u0010JFIF',
    '\x1b[1m',
  ])('%j is no pidfile: neither believed nor removed', (content) => {
    const why = expect.stringContaining('is no pidfile') as string
    expect(parsePidfile(text(content))).toEqual({ is: 'blocked', why })
  })

  test('what cannot be read, or is no file, is neither believed nor removed', () => {
    expect(parsePidfile({ found: 'other', what: 'a directory' })).toEqual({
      is: 'blocked',
      why: 'a directory stands where the pidfile should be',
    })
    expect(parsePidfile({ found: 'unreadable', code: 'EACCES' }).is).toBe('blocked')
    expect(parsePidfile({ found: 'nothing' })).toEqual({ is: 'absent' })
  })

  test('whatever it holds: a pid that can be one, or garbage if it is short, or it is left alone', () => {
    fc.assert(
      fc.property(fc.string(), (content) => {
        const read = parsePidfile(text(content))
        const not = content.length <= 64 ? ['garbage', 'blocked'] : ['blocked']
        expect(read.is === 'pid' ? read.pid > 0 && read.pid <= 4_194_304 : not.includes(read.is)).toBe(true)
      }),
    )
  })
})

test('a path is never confused with the prefix of another', () => {
  const same = (a: AbsPath, b: AbsPath) => recordPath(a) === recordPath(b) || nodeKey(a) === nodeKey(b)
  expect(same(path('/run/w1.pid'), path('/run/w1.pid2'))).toBe(false)
  expect(same(path('/run/w1.pid'), path('/run/w11.pid'))).toBe(false)
})

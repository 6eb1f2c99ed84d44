import { spawnSync } from 'node:child_process'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { removePidfile, writePidfile } from '../../../src/worker/pidfile.ts'

let directory: string
let pidfile: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multi-pidfile-'))
  pidfile = join(directory, 'w1.pid')
})
afterEach(() => rmSync(directory, { recursive: true }))

const OURS = `${process.pid}\n`

it('holds digits and a newline, 0644 whatever the umask, and leaves nothing beside it', () => {
  const before = process.umask(0o077)
  expect(writePidfile(pidfile)).toEqual({ ok: true, value: undefined })
  process.umask(before)
  expect(readFileSync(pidfile, 'utf8')).toBe(OURS)
  expect(statSync(pidfile).mode & 0o777).toBe(0o644)
  expect(readdirSync(directory)).toEqual(['w1.pid'])
})

it.each([
  ['of a dead process', () => String(spawnSync('true').pid)],
  ['with rubbish', () => 'rubbish'],
  ['that is empty', () => ''],
  ['with our own pid', () => OURS],
])('replaces one %s', (_, text) => {
  writeFileSync(pidfile, text())
  expect(writePidfile(pidfile).ok).toBe(true)
  expect(readFileSync(pidfile, 'utf8')).toBe(OURS)
  expect(readdirSync(directory)).toEqual(['w1.pid'])
})

it('replaces one whose number a younger process has got', () => {
  writeFileSync(pidfile, `${process.ppid}\n`)
  utimesSync(pidfile, 1_000_000, 1_000_000)
  expect(writePidfile(pidfile).ok).toBe(true)
})

it('respects one of a process that runs', () => {
  writeFileSync(pidfile, `${process.ppid}\n`)
  const written = writePidfile(pidfile)
  expect(written).toEqual({ ok: false, error: expect.stringContaining(`process ${process.ppid}`) })
  expect(readFileSync(pidfile, 'utf8')).toBe(`${process.ppid}\n`)
  expect(readdirSync(directory)).toEqual(['w1.pid'])
})

it('never goes through a symlink', () => {
  const elsewhere = join(directory, 'elsewhere')
  writeFileSync(elsewhere, 'precious')
  symlinkSync(elsewhere, pidfile)
  expect(writePidfile(pidfile).ok).toBe(false)
  expect(readFileSync(elsewhere, 'utf8')).toBe('precious')
})

it('says why it cannot be written', () => {
  expect(writePidfile(join(directory, 'gone', 'w1.pid'))).toMatchObject({ ok: false, error: /ENOENT/ })
})

it('is removed only while it is ours', () => {
  writeFileSync(pidfile, OURS)
  removePidfile(pidfile)
  expect(readdirSync(directory)).toEqual([])
  writeFileSync(pidfile, '1\n')
  removePidfile(pidfile)
  removePidfile(join(directory, 'gone'))
  expect(readdirSync(directory)).toEqual(['w1.pid'])
})

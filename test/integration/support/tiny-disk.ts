import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext } from 'vitest'
import { isRoot, type Rig } from '../../rig/rig.ts'
import { lacks } from './lacks.ts'

export const PAGE = 4096

/** A file system of a few pages, mounted for one test. */
export async function tinyDisk(rig: Rig, context: TestContext): Promise<string> {
  if (!isRoot) lacks(context, 'only root can mount a tmpfs')
  const disk = join(rig.directory, 'disk')
  mkdirSync(disk)
  const mounted = await rig.program(['mount', '-t', 'tmpfs', '-o', 'size=64k,nr_inodes=64', 'none', disk]).ended
  if (mounted.code !== 0) lacks(context, `mounting a tmpfs is not allowed here: ${mounted.stderr.trim()}`)
  context.onTestFinished(async () => {
    await rig.program(['umount', '-l', disk]).ended
  })
  return disk
}

const FILLER = 'filler'

/** All of it but so many pages. */
export function fill(disk: string, keptPages = 0): void {
  const filler = join(disk, FILLER)
  for (let size = 64; size > 0; size -= 4) {
    try {
      writeFileSync(filler, Buffer.alloc(size * 1024))
      break
    } catch {
      rmSync(filler, { force: true }) // Not that much; a little less.
    }
  }
  if (keptPages > 0) writeFileSync(filler, Buffer.alloc(Math.max(0, statSync(filler).size - keptPages * PAGE)))
}

/** So that there is room for bytes, and none for a name. */
export function fillInodes(disk: string): void {
  for (let at = 0; ; at++) {
    try {
      writeFileSync(join(disk, `${FILLER}${at}`), '')
    } catch {
      return // That was the last inode.
    }
  }
}

export function free(disk: string): void {
  for (const name of readdirSync(disk)) if (name.startsWith(FILLER)) rmSync(join(disk, name))
}

/** It came through, or says why not. */
export function expectPlainWords(code: number | null, said: string): void {
  expect({ code, why: said.includes('the disk is full') }).toEqual(
    code === 0 ? { code, why: false } : { code: 1, why: true },
  )
  expect(said).not.toContain('internal error')
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AbsPath } from '../../../src/model/names.ts'
import { files } from '../../../src/system/files.ts'
import { rigFor } from '../../rig/rig.ts'
import { fill, free, PAGE, tinyDisk } from '../support/tiny-disk.ts'

/** By the source, not the built command: `npm run proof` plays it in a copy that is not built. */
test.for([0, 1, 2])(
  'of a file of 9 KB for which there are only %i pages: an error and nothing left, not its beginning',
  async (pages, context) => {
    const disk = await tinyDisk(rigFor(context), context)
    const path = join(disk, 'record') as AbsPath
    const text = 'é'.repeat(4500)
    fill(disk, pages)
    const refused = await files.createFile(path, text, 0o600)
    expect(refused).toEqual({ ok: false, error: { code: 'ENOSPC', call: 'create', path } })
    expect(existsSync(path)).toBe(false)
    free(disk)
    fill(disk, Math.ceil(9000 / PAGE))
    expect(await files.createFile(path, text, 0o600)).toMatchObject({ ok: true })
    expect(readFileSync(path, 'utf8')).toBe(text)
  },
)

import type { AbsPath } from '../../../src/model/names.ts'
import type { Result } from '../../../src/model/result.ts'
import type { Fault } from '../../../src/system/port.ts'
import type { Ground } from './ground.ts'

type Scenario = (ground: Ground) => Promise<unknown>

/** What two systems can have in common: no numbers of their own. */
export const said = <T>(result: Result<T, Fault>): string => (result.ok ? 'ok' : result.error.code)

/** Neither root nor who is a stranger here. */
const OTHER = 65534

const kindOf = async ({ system }: Ground, path: AbsPath) => (await system.stat(path))?.kind ?? 'nothing'

const contentOf = async ({ system }: Ground, path: AbsPath, limit = 4096) => {
  const read = await system.readFile(path, limit)
  return read.found === 'text' ? read.text : read
}

export const FILES: Readonly<Record<string, Scenario>> = {
  'a file is created once, and not through a symlink that leads nowhere': async ({ system, at }) => [
    said(await system.createFile(at('one'), 'a', 0o600)),
    said(await system.createFile(at('one'), 'b', 0o600)),
    said(await system.symlink(at('nowhere'), at('link'))),
    said(await system.createFile(at('link'), 'c', 0o600)),
    said(await system.createFile(at('none/one'), 'd', 0o600)),
    said(await system.createFile(at('one/two'), 'e', 0o600)),
  ],
  'a rename replaces a file, and no directory that has something in it': async (ground) => {
    const { system, at } = ground
    await system.createFile(at('old'), 'old', 0o600)
    await system.createFile(at('new'), 'new', 0o600)
    await system.makeDirectory(at('empty'), 0o700)
    await system.makeDirectory(at('full'), 0o700)
    await system.createFile(at('full/x'), '', 0o600)
    return [
      said(await system.rename(at('new'), at('old'))),
      await contentOf(ground, at('old')),
      await contentOf(ground, at('new')),
      said(await system.rename(at('none'), at('old'))),
      said(await system.rename(at('old'), at('empty'))),
      said(await system.rename(at('empty'), at('full'))),
      said(await system.rename(at('full'), at('empty'))),
      said(await system.rename(at('empty'), at('old'))),
      await kindOf(ground, at('empty/x')),
    ]
  },
  'a rename moves a symlink, not what it leads to': async (ground) => {
    const { system, at } = ground
    await system.createFile(at('file'), 'text', 0o600)
    await system.symlink('file', at('link'))
    return [
      said(await system.rename(at('link'), at('moved'))),
      await kindOf(ground, at('moved')),
      await kindOf(ground, at('file')),
    ]
  },
  'a symlink holds any text, is created once, and is read as it is': async ({ system, at }) => [
    said(await system.symlink('1 start some text', at('link'))),
    said(await system.symlink('another', at('link'))),
    await system.readlink(at('link')),
    await system.readlink(at('none')),
    said(await system.createFile(at('file'), '', 0o600)),
    await system.readlink(at('file')),
    said(await system.symlink('x', at('none/link'))),
  ],
  'what is read is a file, never through a symlink, never more than the limit': async (ground) => {
    const { system, at } = ground
    await system.createFile(at('file'), 'four', 0o600)
    await system.symlink(at('file'), at('link'))
    await system.makeDirectory(at('folder'), 0o700)
    return [
      await contentOf(ground, at('file'), 4),
      await contentOf(ground, at('file'), 3),
      await contentOf(ground, at('link')),
      await contentOf(ground, at('folder')),
      await contentOf(ground, at('none')),
      await contentOf(ground, at('file/below')),
      await contentOf(ground, at('none/below')),
    ]
  },
  'stat looks at a symlink, statTarget at what it leads to': async ({ system, at }) => {
    await system.createFile(at('file'), 'text', 0o640)
    await system.symlink(at('file'), at('link'))
    await system.symlink(at('none'), at('dangling'))
    await system.symlink(at('round'), at('round'))
    const facts = async (path: AbsPath) => [
      (await system.stat(path))?.kind,
      (await system.statTarget(path))?.kind,
      (await system.statTarget(path))?.size,
    ]
    return [await facts(at('link')), await facts(at('dangling')), await facts(at('round')), await facts(at('file/x'))]
  },
  'directories have the mode that was asked for': async ({ system, at }) => {
    const modes: unknown[] = []
    for (const mode of [0o700, 0o755, 0o777, 0o1777]) {
      const path = at(`mode-${mode}`)
      modes.push(said(await system.makeDirectory(path, mode)), (await system.stat(path))?.mode)
      modes.push(said(await system.makeDirectory(path, mode)))
    }
    await system.createFile(at('file'), '', 0o600)
    return [
      ...modes,
      said(await system.makeDirectory(at('file'), 0o700)),
      said(await system.makeDirectory(at('a/b'), 0o700)),
    ]
  },
  'files have the mode that was asked for': async ({ system, at }) => {
    await system.createFile(at('a'), '', 0o600)
    await system.createFile(at('b'), '', 0o644)
    return [(await system.stat(at('a')))?.mode, (await system.stat(at('b')))?.mode]
  },
  'what is not there is removed as well; a directory is not': async (ground) => {
    const { system, at } = ground
    await system.createFile(at('file'), '', 0o600)
    await system.symlink(at('file'), at('link'))
    await system.makeDirectory(at('folder'), 0o700)
    return [
      said(await system.remove(at('link'))),
      await kindOf(ground, at('file')),
      said(await system.remove(at('file'))),
      said(await system.remove(at('file'))),
      said(await system.remove(at('folder'))),
      await kindOf(ground, at('folder')),
    ]
  },
  'a file is given to its owner, which only root may do, and is not there if that fails': async (ground) => {
    const { system, at, asStranger } = ground
    const given = await system.createFile(at('given'), 'text', 0o640, { uid: OTHER, gid: OTHER })
    const facts = await system.stat(at('given'))
    await system.makeDirectory(at('open'), 0o777)
    const refused = asStranger(async (stranger) => [
      said(await stranger.createFile(at('open/given'), 'text', 0o640, { uid: OTHER, gid: OTHER })),
      said(await stranger.createFile(at('open/own'), 'text', 0o640)),
      said(await stranger.changeOwner(at('open/own'), OTHER, OTHER)),
    ])
    return [
      said(given),
      [facts?.uid, facts?.gid, facts?.mode],
      await refused,
      await kindOf(ground, at('open/given')),
      await kindOf(ground, at('open/own')),
    ]
  },
  'another user’s file is not read, changed, replaced or removed': async ({ system, at, asStranger }) => {
    await system.createFile(at('file'), 'text', 0o600)
    await system.createFile(at('shown'), 'text', 0o644)
    await system.makeDirectory(at('closed'), 0o700)
    await system.createFile(at('closed/file'), 'text', 0o644)
    return asStranger(async (stranger) => [
      await stranger.readFile(at('file'), 100),
      await stranger.readTail(at('file'), 0, 100),
      said(await stranger.openLog(at('shown'), { followSymlink: true })),
      said(await stranger.createFile(at('new'), '', 0o600)),
      said(await stranger.symlink('text', at('link'))),
      said(await stranger.makeDirectory(at('folder'), 0o700)),
      said(await stranger.remove(at('file'))),
      said(await stranger.remove(at('none'))),
      said(await stranger.rename(at('file'), at('moved'))),
      said(await stranger.changeOwner(at('file'), OTHER, OTHER)),
      await stranger.readFile(at('closed/file'), 100),
      await stranger.readFile(at('closed/none'), 100),
      await stranger.stat(at('closed/file')),
      await stranger.readlink(at('closed/link')),
      said(await stranger.list(at('closed'))),
      said(await stranger.remove(at('closed/file'))),
      said(await stranger.symlink('text', at('closed/link'))),
    ])
  },
  'in a sticky directory everyone makes files, and only their owner takes them away': async (ground) => {
    const { system, at, asStranger } = ground
    await system.makeDirectory(at('sticky'), 0o1777)
    await system.createFile(at('sticky/file'), 'text', 0o666)
    await system.symlink('text', at('sticky/link'))
    const answers = await asStranger(async (stranger) => [
      said(await stranger.createFile(at('sticky/own'), 'own', 0o600)),
      said(await stranger.createFile(at('sticky/file'), 'text', 0o600)),
      said(await stranger.remove(at('sticky/file'))),
      said(await stranger.remove(at('sticky/link'))),
      said(await stranger.rename(at('sticky/file'), at('sticky/moved'))),
      said(await stranger.rename(at('sticky/own'), at('sticky/file'))),
      said(await stranger.rename(at('sticky/own'), at('sticky/moved'))),
      said(await stranger.remove(at('sticky/moved'))),
    ])
    return [...answers, await kindOf(ground, at('sticky/file')), await kindOf(ground, at('sticky/link'))]
  },
  'a directory lists its names': async ({ system, at }) => {
    await system.makeDirectory(at('folder'), 0o700)
    await system.createFile(at('folder/b'), '', 0o600)
    await system.symlink('nowhere', at('folder/a'))
    await system.createFile(at('file'), '', 0o600)
    const listed = await system.list(at('folder'))
    return [
      listed.ok && [...listed.value].sort(),
      said(await system.list(at('none'))),
      said(await system.list(at('file'))),
    ]
  },
  'access asks for what a symlink leads to': async ({ system, at, program }) => {
    await system.createFile(at('file'), '', 0o600)
    await system.symlink(program('sleep'), at('link'))
    return [
      await system.access(at('file'), 'read'),
      await system.access(at('file'), 'execute'),
      await system.access(at('link'), 'execute'),
      await system.access(at('none'), 'read'),
    ]
  },
  'a log is opened at its end, not through a symlink unless that is allowed': async ({ system, at }) => {
    await system.createFile(at('log'), 'before\n', 0o600)
    await system.symlink(at('log'), at('link'))
    await system.symlink(at('round'), at('round'))
    await system.makeDirectory(at('folder'), 0o700)
    const opened = async (path: AbsPath, followSymlink: boolean) => {
      const log = await system.openLog(path, { followSymlink })
      if (log.ok) await system.closeLog(log.value)
      return log.ok ? log.value.offset : log.error.code
    }
    return [
      await opened(at('log'), false),
      await opened(at('link'), true),
      await opened(at('link'), false),
      await opened(at('round'), true),
      await opened(at('folder'), true),
      await opened(at('none/log'), true),
      await opened(at('new'), false),
      (await system.stat(at('new')))?.mode,
    ]
  },
  'the tail of a file: from an offset, at most so much, all of one that became shorter': async ({ system, at }) => {
    await system.createFile(at('log'), 'one\ntwo\nthree\n', 0o600)
    await system.symlink(at('log'), at('link'))
    return [
      await system.readTail(at('log'), 0, 100),
      await system.readTail(at('log'), 4, 100),
      await system.readTail(at('log'), 4, 6),
      await system.readTail(at('log'), 14, 100),
      await system.readTail(at('log'), 99, 100),
      await system.readTail(at('link'), 8, 100),
      await system.readTail(at('none'), 0, 100),
    ]
  },
  'a lock is one command’s, until it is given back or has got old': async ({ system, at, age }) => {
    const lock = async () => {
      const locked = await system.lock(at(''), 0)
      return locked.ok ? locked.value : undefined
    }
    const first = await lock()
    const second = await lock()
    await first?.release()
    const answers = [first !== undefined, second !== undefined, (await system.stat(at('.multi.lock')))?.kind]
    await system.makeDirectory(at('.multi.lock'), 0o755)
    const fresh = await lock()
    age(at('.multi.lock'))
    const stale = await lock()
    await stale?.release()
    return [...answers, fresh !== undefined, stale !== undefined, (await system.stat(at('.multi.lock')))?.kind]
  },
}

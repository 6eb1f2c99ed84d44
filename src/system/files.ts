import {
  accessSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import type { AbsPath } from '../model/names.ts'
import { ok, type Result } from '../model/result.ts'
import { codeOfRead, looked, tried } from './fault.ts'
import type { Fault, FileFacts, FileRead, LogHandle, Owner, System } from './port.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

function factsOf(stats: Stats): FileFacts {
  const kind = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'directory'
      : stats.isSymbolicLink()
        ? 'symlink'
        : 'other'
  return { kind, uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777, size: stats.size, mtimeMs: stats.mtimeMs }
}

function statOf(read: () => Stats | undefined): FileFacts | undefined {
  try {
    const stats = read()
    return stats && factsOf(stats)
  } catch (error) {
    codeOfRead(error)
    return undefined // ENOTDIR, EACCES on the way: there is nothing there for us.
  }
}

/** For all reads that are not longer: new memory costs more than the read. */
const shared = Buffer.allocUnsafeSlow(16_384)

function readDescriptor(fd: number, limit: number): FileRead {
  const stats = fstatSync(fd)
  if (!stats.isFile()) return { found: 'other', what: stats.isDirectory() ? 'a directory' : 'not a regular file' }
  if (stats.size > limit) return { found: 'other', what: `a file of ${stats.size} bytes` }
  const buffer = stats.size < shared.length ? shared : Buffer.allocUnsafe(stats.size + 1)
  const length = readSync(fd, buffer, 0, stats.size + 1, 0)
  return { found: 'text', text: buffer.toString('utf8', 0, length), uid: stats.uid, mtimeMs: stats.mtimeMs }
}

/**
 * What was there when it was last asked for. To find nothing by an exception costs four times as much as to look first, and to look
 * first as much again as to read: so what was there is read at once. If it has gone since, that costs time and nothing else.
 */
const lastThere = new Set<AbsPath>()

/** Says of one call what it found, so that the next one knows. */
function noted<T>(path: AbsPath, done: Result<T, Fault>): Result<T, Fault> {
  if (done.ok) lastThere.add(path)
  else lastThere.delete(path)
  return done
}

/** `false`: there is nothing. */
const mayBeThere = (path: AbsPath): Result<boolean, Fault> =>
  lastThere.has(path) ? ok(true) : looked('lstat', path, () => lstatSync(path, { throwIfNoEntry: false }) !== undefined)

/** Of paths never asked for, the files of a fleet's nodes are alike: where one was there, the next of its kind is expected. */
const kindsThere = new Set<string>()

/** `/run/multi.pid` of `/run/multi/w1.pid`. */
const kindOf = (path: AbsPath): string => path.slice(0, path.lastIndexOf('/')) + path.slice(path.lastIndexOf('.'))

function readFile(path: AbsPath, limit: number): FileRead {
  const kind = kindOf(path)
  const read = readEntry(path, limit, kindsThere.has(kind) ? ok(true) : mayBeThere(path))
  if (read.found === 'nothing') kindsThere.delete(kind)
  else kindsThere.add(kind)
  return read
}

function readEntry(path: AbsPath, limit: number, entry: Result<boolean, Fault>): FileRead {
  if (!entry.ok) {
    return entry.error.code === 'ENOTDIR' ? { found: 'nothing' } : { found: 'unreadable', code: entry.error.code }
  }
  if (!entry.value) return { found: 'nothing' }
  // O_NONBLOCK: a FIFO put in the place of a pidfile must not hold us.
  const opened = noted(
    path,
    looked('open', path, () => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)),
  )
  if (!opened.ok) {
    if (opened.error.code === 'ENOENT' || opened.error.code === 'ENOTDIR') return { found: 'nothing' }
    if (opened.error.code === 'ELOOP') return { found: 'other', what: 'a symlink' }
    return { found: 'unreadable', code: opened.error.code }
  }
  try {
    return readDescriptor(opened.value, limit)
  } catch (error) {
    return { found: 'unreadable', code: codeOfRead(error) }
  } finally {
    closeSync(opened.value)
  }
}

function readTail(path: AbsPath, offset: number, limit: number): string {
  const opened = tried('open', path, () => openSync(path, O_RDONLY | O_NONBLOCK))
  if (!opened.ok) return ''
  try {
    const { size } = fstatSync(opened.value)
    const from = Math.max(size < offset ? 0 : offset, size - limit)
    const buffer = Buffer.alloc(Math.max(0, Math.min(limit, size - from)))
    return buffer.toString('utf8', 0, readSync(opened.value, buffer, 0, buffer.length, from))
  } catch {
    return '' // A terminal, a pipe, a device: nothing to quote.
  } finally {
    closeSync(opened.value)
  }
}

/** A disk with room for a part takes that part, without an error: only the next write(2) says that it is full. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}

function createFile(path: AbsPath, text: string, mode: number, owner: Owner | undefined): void {
  const fd = openSync(path, 'wx', mode)
  try {
    writeAll(fd, text)
    if (owner) fchownSync(fd, owner.uid, owner.gid)
  } catch (error) {
    unlinkSync(path) // Half a file helps nobody, least of all on a full disk.
    throw error
  } finally {
    closeSync(fd)
  }
}

function openLog(path: AbsPath, followSymlink: boolean): LogHandle {
  const flags = O_APPEND | O_CREAT | O_WRONLY | (followSymlink ? 0 : O_NOFOLLOW)
  // A FIFO that nobody reads would hold us, deaf to every signal, and our claims with us: ENXIO, fifo(7).
  const fd = openSync(path, flags | O_NONBLOCK, 0o640)
  const stats = fstatSync(fd)
  return stats.isFile() ? { fd, offset: stats.size } : { fd: blocking(fd), offset: 0 }
}

/** Where it makes a difference a worker's output must block, as every program expects of it; fcntl(2) is not Node's. */
function blocking(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, O_APPEND | O_WRONLY)
  } finally {
    closeSync(fd)
  }
}

const ACCESS = { read: constants.R_OK, write: constants.W_OK, execute: constants.X_OK }

type FileMethods =
  | 'readFile'
  | 'readTail'
  | 'stat'
  | 'statTarget'
  | 'access'
  | 'list'
  | 'createFile'
  | 'rename'
  | 'remove'
  | 'makeDirectory'
  | 'changeOwner'
  | 'symlink'
  | 'readlink'
  | 'openLog'
  | 'closeLog'

/** The file half of the port. */
export const files: Pick<System, FileMethods> = {
  readFile: async (path, limit) => readFile(path, limit),
  readTail: async (path, offset, limit) => readTail(path, offset, limit),
  stat: async (path) => statOf(() => lstatSync(path, { throwIfNoEntry: false })),
  statTarget: async (path) => statOf(() => statSync(path, { throwIfNoEntry: false })),
  access: async (path, mode) => looked('access', path, () => accessSync(path, ACCESS[mode])).ok,
  async list(path) {
    const names = looked('readdir', path, () => readdirSync(path))
    if (names.ok) for (const name of names.value) lastThere.add(`${path}/${name}` as AbsPath)
    return names
  },
  createFile: async (path, text, mode, owner) => tried('create', path, () => createFile(path, text, mode, owner)),
  rename: async (from, to) =>
    noted(
      to,
      tried('rename', to, () => renameSync(from, to)),
    ),
  async remove(path) {
    const entry = mayBeThere(path)
    if (!entry.ok || !entry.value) return entry.ok ? ok(undefined) : entry
    lastThere.delete(path)
    const removed = tried('unlink', path, () => unlinkSync(path))
    return removed.ok || removed.error.code !== 'ENOENT' ? removed : ok(undefined)
  },
  makeDirectory: async (path, mode) =>
    tried('mkdir', path, () => {
      // The caller's umask may take bits away that a worker of another user needs. Not by chmod(2): that follows what a user may
      // have put there meanwhile.
      const before = process.umask(0)
      try {
        mkdirSync(path, mode)
      } finally {
        process.umask(before)
      }
    }),
  changeOwner: async (path, uid, gid) => tried('chown', path, () => lchownSync(path, uid, gid)),
  symlink: async (text, path) =>
    noted(
      path,
      tried('symlink', path, () => symlinkSync(text, path)),
    ),
  async readlink(path) {
    const entry = mayBeThere(path)
    if (!entry.ok || !entry.value) return undefined
    const read = noted(
      path,
      looked('readlink', path, () => readlinkSync(path)),
    )
    return read.ok ? read.value : undefined
  },
  openLog: async (path, { followSymlink }) => tried('open', path, () => openLog(path, followSymlink)),
  closeLog: async (log) => closeSync(log.fd),
}

import type { AbsPath } from '../../src/model/names.ts'
import { err, ok, type Result } from '../../src/model/result.ts'
import type { Attempt, Fault, FileFacts, FileRead, LogHandle, Owner } from '../../src/system/port.ts'
import { Calls } from './calls.ts'
import { type FaultRule, leftOf } from './faults.ts'
import type { Errno } from './files.ts'
import { EXECUTE, READ, sizeOf, WRITE } from './inode.ts'

const BITS = { read: READ, write: WRITE, execute: EXECUTE }
const LOG_MODE = 0o640

/** The file half of the port. */
export class FileCalls extends Calls {
  get #files() {
    return this.site.machine.files
  }

  get #actor() {
    return this.multi.process
  }

  readFile(path: AbsPath, limit: number): Promise<FileRead> {
    return this.call<FileRead>(
      'readFile',
      [path],
      () => this.#files.read(path, this.#actor, limit),
      ({ code = 'EIO' }) => ({ found: 'unreadable', code }),
    )
  }

  readTail(path: AbsPath, offset: number, limit: number): Promise<string> {
    return this.call(
      'readTail',
      [path, offset],
      () => this.#files.tail(path, this.#actor, offset, limit),
      () => '',
    )
  }

  stat(path: AbsPath): Promise<FileFacts | undefined> {
    return this.call(
      'stat',
      [path],
      () => this.#files.stat(path, this.#actor, false),
      () => undefined,
    )
  }

  statTarget(path: AbsPath): Promise<FileFacts | undefined> {
    return this.call(
      'statTarget',
      [path],
      () => this.#files.stat(path, this.#actor, true),
      () => undefined,
    )
  }

  access(path: AbsPath, mode: 'read' | 'write' | 'execute'): Promise<boolean> {
    return this.call(
      'access',
      [path, mode],
      () => this.#files.access(path, this.#actor, BITS[mode]),
      () => false,
    )
  }

  list(path: AbsPath): Attempt<readonly string[]> {
    return this.call<Result<readonly string[], Fault>>(
      'list',
      [path],
      () => {
        const found = this.#files.list(path, this.#actor)
        return typeof found === 'string' ? err(this.fault(found, 'list', [path])) : ok(found)
      },
      (rule) => this.refused(rule, 'list', [path]),
    )
  }

  createFile(path: AbsPath, text: string, mode: number, owner?: Owner): Attempt {
    const args = [path, text, mode]
    const make = (written: string) =>
      this.#files.make('file', path, this.#actor, written, mode) ?? (owner && this.#give(path, owner))
    return this.call<Result<void, Fault>>(
      'createFile',
      args,
      () => {
        const code = make(text)
        return code === undefined ? ok(undefined) : err(this.fault(code, 'createFile', args))
      },
      (rule) => {
        if (rule.leaves !== undefined) make(leftOf(text, rule.leaves))
        return this.refused(rule, 'createFile', args)
      },
    )
  }

  /** A new file, or there is none. */
  #give(path: AbsPath, { uid, gid }: Owner): Errno {
    const refused = this.#files.changeOwner(path, uid, gid, this.#actor)
    if (refused !== undefined) this.#files.remove(path, this.#actor)
    return refused
  }

  rename(from: AbsPath, to: AbsPath): Attempt {
    return this.attempt('rename', [from, to], () => this.#files.rename(from, to, this.#actor))
  }

  remove(path: AbsPath): Attempt {
    return this.attempt('remove', [path], () => this.#files.remove(path, this.#actor))
  }

  makeDirectory(path: AbsPath, mode: number): Attempt {
    return this.attempt('makeDirectory', [path, mode], () => this.#files.make('directory', path, this.#actor, '', mode))
  }

  changeOwner(path: AbsPath, uid: number, gid: number): Attempt {
    return this.attempt('changeOwner', [path, uid, gid], () => this.#files.changeOwner(path, uid, gid, this.#actor))
  }

  symlink(text: string, path: AbsPath): Attempt {
    return this.attempt('symlink', [path, text], () => this.#files.make('symlink', path, this.#actor, text, 0o777))
  }

  readlink(path: AbsPath): Promise<string | undefined> {
    return this.call(
      'readlink',
      [path],
      () => this.#files.readlink(path, this.#actor),
      () => undefined,
    )
  }

  openLog(path: AbsPath, options: { readonly followSymlink: boolean }): Attempt<LogHandle> {
    return this.call<Result<LogHandle, Fault>>(
      'openLog',
      [path],
      () => this.#open(path, options.followSymlink),
      (rule: FaultRule) => this.refused(rule, 'openLog', [path]),
    )
  }

  #open(path: AbsPath, follow: boolean): Result<LogHandle, Fault> {
    const inode = this.#files.openAppend(path, this.#actor, follow, LOG_MODE)
    if (typeof inode === 'string') return err(this.fault(inode, 'openLog', [path]))
    const { descriptors } = this.multi
    let fd = 3
    while (descriptors.has(fd)) fd++
    descriptors.set(fd, inode)
    return ok({ fd, offset: sizeOf(inode) })
  }

  closeLog(log: LogHandle): Promise<void> {
    return this.call(
      'closeLog',
      [log.fd],
      () => void this.multi.descriptors.delete(log.fd),
      () => undefined,
    )
  }
}

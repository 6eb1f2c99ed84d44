import type { Files } from './files.ts'
import { ROOT } from './inode.ts'

export const TERMINAL = '/dev/pts/0'

/** Directories that every Linux has. */
export function furnish(files: Files): void {
  for (const path of ['/etc', '/home', '/root', '/run/user', '/usr/bin', '/usr/local/bin', '/var/lib', '/var/log']) {
    files.directory(path)
  }
  files.directory('/root', { mode: 0o700 })
  files.directory('/tmp', { mode: 0o1777 })
  files.put(TERMINAL, '', { mode: 0o620 })
  files.make('symlink', '/var/run', ROOT, '/run', 0o777)
  files.make('symlink', '/bin', ROOT, 'usr/bin', 0o777)
}

/** What /run, a tmpfs, is after a boot. */
export function emptyRun(files: Files): void {
  const run = files.tree.find('/run', ROOT, true)
  if (typeof run !== 'string') run.entries?.clear()
  files.directory('/run/user')
}

/** A user's home and runtime directory. */
export function settle(files: Files, uid: number): string {
  const home = uid === 0 ? '/root' : `/home/u${uid}`
  files.directory(home, { uid, gid: uid, mode: 0o700 })
  files.directory(`/run/user/${uid}`, { uid, gid: uid, mode: 0o700 })
  return home
}

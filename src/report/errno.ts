interface Words {
  readonly what: string
  readonly remedy?: string
}

/** errno(3) as people say it, with what helps. */
const ERRNO: Readonly<Record<string, Words>> = {
  E2BIG: { what: 'the command line and environment are too long' },
  EACCES: { what: 'permission denied' },
  EBUSY: { what: 'it is in use' },
  EDQUOT: { what: 'the disk quota is used up', remedy: 'free some space' },
  EEXIST: { what: 'something is there already' },
  EINVAL: { what: 'the system does not accept that' },
  EIO: { what: 'the disk reports an error' },
  EISDIR: { what: 'it is a directory' },
  ELOOP: { what: 'it is a symbolic link, which is not followed here' },
  EMFILE: { what: 'too many files are open', remedy: 'raise the limit (ulimit -n)' },
  ENAMETOOLONG: { what: 'the name is too long' },
  ENFILE: { what: 'the system has too many files open' },
  ENODEV: { what: 'there is no such device' },
  ENOENT: { what: 'it does not exist' },
  ENOEXEC: { what: 'it is not a program that this machine can run' },
  ENOMEM: { what: 'there is not enough memory' },
  ENOSPC: { what: 'the disk is full', remedy: 'free some space' },
  ENOTDIR: { what: 'a part of the path is not a directory' },
  ENXIO: { what: 'nobody reads there' },
  EPERM: { what: 'not permitted' },
  EROFS: { what: 'the file system is read-only', remedy: 'name a place that can be written' },
  ETXTBSY: { what: 'the program is being written to' },
}

/** One errno with two meanings: of processes it is a limit, of anything else a moment's wait. */
const AGAIN: Readonly<Record<'process' | 'other', Words>> = {
  process: {
    what: 'no more processes are allowed',
    remedy: 'raise the limit (ulimit -u, or the pids limit of the container)',
  },
  other: { what: 'it is not available just now', remedy: 'try again' },
}

/** `permission denied (EACCES)` */
export const errno = (code: string): string => {
  const words = ERRNO[code]
  return words === undefined ? code : `${words.what} (${code})`
}

const wordsOf = (code: string, call: string): Words | undefined => {
  if (code === 'EAGAIN') return AGAIN[/fork|spawn|clone|exec/.test(call) ? 'process' : 'other']
  return ERRNO[code]
}

/** `open /var/log/w1.log: the disk is full (ENOSPC); free some space` */
export function refused(call: string, path: string | undefined, code: string): string {
  const words = wordsOf(code, call)
  const tried = path === undefined ? call : `${call} ${path}`
  if (words === undefined) return `${tried}: ${code}`
  return `${tried}: ${words.what} (${code})${words.remedy === undefined ? '' : `; ${words.remedy}`}`
}

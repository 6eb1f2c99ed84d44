import { closeSync, constants, fchownSync, openSync } from 'node:fs'

const fill = (template: string, index: string, dashed: string): string =>
  template.replaceAll('%i', index).replaceAll('%I', dashed)

/** The main process has `0` and nothing, as in Celery. */
export const mainLog = (logfile: string | undefined): string | undefined =>
  logfile === undefined ? undefined : fill(logfile, '0', '')

export const childLog = (logfile: string | undefined, child: number): string | undefined =>
  logfile === undefined ? undefined : fill(logfile, String(child), `-${child}`)

/** Whether children have logs of their own. */
const perChild = (logfile: string): boolean => /%[iI]/.test(logfile)

const NEW = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL
const MODE = 0o640

/**
 * Makes the children's logs, for a user who could not make them in a directory of root's. Only new files are given away:
 * what is there already, or a symlink, may be anybody's.
 */
export function makeChildLogs(logfile: string | undefined, children: number, uid: number, gid: number): void {
  if (logfile === undefined || !perChild(logfile)) return
  for (let child = 1; child <= children; child += 1) {
    try {
      const fd = openSync(childLog(logfile, child) as string, NEW, MODE)
      fchownSync(fd, uid, gid)
      closeSync(fd)
    } catch {
      // There already, or it cannot be: opening it will tell.
    }
  }
}

/** A descriptor to give to a child and then close; the parent's own output when there is no other log, or it cannot be opened. */
export function openChildLog(
  logfile: string | undefined,
  child: number,
  warn: (path: string, error: unknown) => void,
): number | undefined {
  if (logfile === undefined || !perChild(logfile)) return undefined
  const path = childLog(logfile, child) as string
  try {
    return openSync(path, 'a', MODE)
  } catch (error) {
    warn(path, error)
    return undefined
  }
}

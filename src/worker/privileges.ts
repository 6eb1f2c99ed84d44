import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '../model/result.ts'
import { isPossibleId } from './option-values.ts'

const passwd = (key: string): readonly string[] | undefined =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name, , uid]) => name === key || uid === key)

/** @types/node 20 does not know it; Node has had it since 0.9 (process.initgroups). */
const { initgroups } = process as { initgroups?: (user: number | string, group: number | string) => void }

const id = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text)

function groupFor(uid: string | undefined, gid: string | undefined): number | string | undefined {
  if (gid !== undefined) return id(gid)
  const primary = uid === undefined ? undefined : passwd(uid)?.[3]
  return primary === undefined ? undefined : Number(primary)
}

/** Root's supplementary groups must not stay: those of the user, or none for a number that no user has. */
function takeGroups(uid: string, group: number | string): void {
  if (passwd(uid) === undefined && typeof id(uid) === 'number') process.setgroups?.([group])
  else initgroups?.(id(uid), group)
}

/** Groups first: after setuid nothing may change them. The error is a sentence. */
export function dropPrivileges(uid: string | undefined, gid: string | undefined): Result<void, string> {
  if (uid === undefined && gid === undefined) return ok(undefined)
  try {
    const group = groupFor(uid, gid)
    if (group === undefined) return err(`the group of user ${uid} is not known: give --gid`)
    if ([passwd(uid ?? '')?.[2], String(group)].some((one) => one !== undefined && !isPossibleId(one)))
      return err(`cannot become ${uid ?? `group ${gid}`}: nobody can have that number`)
    if (process.getuid?.() === 0) {
      process.setgid?.(group)
      if (uid !== undefined) takeGroups(uid, group)
    }
    if (uid !== undefined) process.setuid?.(id(uid))
    return ok(undefined)
  } catch (error) {
    return err(`cannot become ${uid ?? `group ${gid}`}: ${(error as Error).message}`)
  }
}

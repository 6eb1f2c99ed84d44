import type { Failure } from '../model/failure.ts'
import { usage } from '../model/failure.ts'
import { type AbsPath, HIGHEST_ID } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { System } from '../system/port.ts'
import { once } from './memo.ts'

/** As whom a worker shall run. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
  /** Absent for a number that no user has: there are no supplementary groups and no home then. */
  readonly user?: { readonly name: string; readonly home: string }
}

type Database = 'passwd' | 'group'

const LIMIT = 4 << 20
const FILE = { passwd: '/etc/passwd' as AbsPath, group: '/etc/group' as AbsPath } as const
const isNumber = (text: string): boolean => /^\d+$/.test(text)

/** A row of passwd(5) or group(5): by name or by number, the third field in both. */
const rowOf = (text: string, key: string): readonly string[] | undefined =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields.length >= 4 && (fields[0] === key || (isNumber(key) && fields[2] === key)))

/** The files first, because they need no process; getent(1) for users from LDAP and the like. */
async function look(system: System, database: Database, key: string): Promise<readonly string[] | undefined> {
  const file = await once(system, `read ${database}`, () => system.readFile(FILE[database], LIMIT))
  const row = file.found === 'text' ? rowOf(file.text, key) : undefined
  if (row !== undefined) return row
  const asked = await once(system, `getent ${database} ${key}`, () =>
    system.run(['getent', database, key], { timeoutMs: 10_000 }),
  )
  return asked.code === 0 ? rowOf(asked.stdout, key) : undefined
}

/** 4294967295 is (uid_t)-1: to setuid(2) and its like it says that nothing is to change, and root would stay root. */
const isPossible = (id: number): boolean => Number.isInteger(id) && id <= HIGHEST_ID

const impossible = (typed: string, argument: '--uid' | '--gid'): Result<never, Failure> => {
  const what = argument === '--uid' ? 'user' : 'group'
  return err(usage(`no ${what} can have the number of ${typed}`, { argument, hint: `at most ${HIGHEST_ID}` }))
}

async function groupNumber(system: System, group: string): Promise<Result<number, Failure>> {
  const row = isNumber(group) ? [] : await look(system, 'group', group)
  if (row === undefined) return err(usage(`there is no group ${group}`, { argument: '--gid' }))
  const id = Number(row[2] ?? group)
  return isPossible(id) ? ok(id) : impossible(group, '--gid')
}

async function described(
  system: System,
  uid: string | undefined,
  gid: number | undefined,
): Promise<Result<Account, Failure>> {
  const group = gid === undefined ? {} : { gid }
  if (uid === undefined) return ok(group)
  if (isNumber(uid) && !isPossible(Number(uid))) return impossible(uid, '--uid')
  const row = await look(system, 'passwd', uid)
  if (row !== undefined) {
    const user = { name: row[0] ?? uid, home: row[5] || '/' }
    const account = { uid: Number(row[2]), gid: Number(row[3]), ...group, user }
    return isPossible(account.uid) && isPossible(account.gid) ? ok(account) : impossible(uid, '--uid')
  }
  if (!isNumber(uid)) return err(usage(`there is no user ${uid}`, { argument: '--uid' }))
  if (gid === undefined) {
    const hint = 'give --gid as well'
    return err(usage(`no user has the number ${uid}, so its group is not known`, { argument: '--uid', hint }))
  }
  return ok({ uid: Number(uid), gid })
}

/** `--uid` and `--gid`, names or numbers. undefined: they ask for nothing that is not so already. */
export async function accountOf(
  system: System,
  uid: string | undefined,
  gid: string | undefined,
): Promise<Result<Account | undefined, Failure>> {
  if (uid === undefined && gid === undefined) return ok(undefined)
  const group = gid === undefined ? ok(undefined) : await groupNumber(system, gid)
  if (!group.ok) return group
  const account = await described(system, uid, group.value)
  if (!account.ok || system.self.uid === 0) return account
  // Only root can change user or groups, and Celery fails over initgroups even when nothing would change.
  const { self } = system
  const same = (account.value.uid ?? self.uid) === self.uid && (group.value ?? self.gid) === self.gid
  if (same) return ok(undefined)
  const who = uid === undefined ? { what: `become group ${gid}` } : { what: `become user ${uid}`, user: uid }
  return err({ reason: 'denied', ...who })
}

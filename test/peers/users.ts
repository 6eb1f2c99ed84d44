import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A user of this machine that is not root. */
export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** Its own and the supplementary ones. */
  readonly groups: readonly number[]
}

const database = (name: 'passwd' | 'group'): string[][] =>
  readFileSync(`/etc/${name}`, 'utf8')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.split(':'))

export const groupsOf = (name: string): readonly number[] =>
  execFileSync('id', ['-G', name], { encoding: 'utf8' }).trim().split(' ').map(Number)

const byName = (wanted: string): User | undefined => {
  const [name, , uid, gid] = database('passwd').find(([one]) => one === wanted) ?? []
  return name === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid), groups: groupsOf(name) }
}

/** One that has no rights anywhere, and no home that it may write to. */
export const anyUser = ['www-data', 'daemon', 'nobody'].map(byName).find((user) => user !== undefined)

/** One with supplementary groups, if this machine has one. */
export const memberUser = database('group')
  .flatMap(([, , , members = '']) => members.split(',').filter((name) => name !== ''))
  .map(byName)
  .find((user) => user !== undefined && user.uid !== 0 && user.groups.length > 1)

const isRoot = process.getuid?.() === 0

/** Why workers cannot be run as another user here, if they cannot. */
export function whyNoUsers(): string | undefined {
  if (!isRoot) return 'only root can become another user'
  if (anyUser === undefined) return 'there is neither www-data, daemon nor nobody'
  const tried = spawnSync('setpriv', [`--reuid=${anyUser.uid}`, '--clear-groups', process.execPath, '--version'])
  return tried.status === 0 ? undefined : `${anyUser.name} cannot run ${process.execPath}`
}

/** Effective ids and supplementary groups of a process. */
export function accountOf(pid: number): { uid: number; gid: number; groups: readonly number[] } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const numbers = (field: string) =>
    (new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').trim().split(/\s+/).filter(Boolean).map(Number)
  return { uid: numbers('Uid')[1] ?? -1, gid: numbers('Gid')[1] ?? -1, groups: numbers('Groups') }
}

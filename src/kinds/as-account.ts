import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Account } from './account.ts'
import type { PlanContext } from './kind.ts'
import { findProgram } from './program.ts'

const groupsOf = ({ uid, user }: Account): string => {
  if (user !== undefined) return '--init-groups'
  // Only --gid: root's groups stay, as with Celery. A number without a user has no groups.
  return uid === undefined ? '--keep-groups' : '--clear-groups'
}

/**
 * As another user by setpriv(1), which execs: the pid stays. Node's own spawn sets uid and gid, but leaves root's
 * supplementary groups (libuv, uv__process_child_init calls setgroups(0) at most).
 */
export async function asAccount<Argv extends readonly [string, ...string[]]>(
  argv: Argv,
  account: Account | undefined,
  cwd: AbsPath,
  context: PlanContext,
): Promise<Result<Argv | readonly [AbsPath, ...string[]], Failure>> {
  if (account === undefined) return ok(argv)
  const setpriv = await findProgram('setpriv', cwd, context)
  if (!setpriv.ok) {
    const { error } = setpriv
    return err(error.reason === 'not-found' ? { ...error, hint: '--uid and --gid need it: util-linux' } : error)
  }
  const { uid, gid } = account
  const ids = [...(uid === undefined ? [] : [`--reuid=${uid}`]), ...(gid === undefined ? [] : [`--regid=${gid}`])]
  return ok([setpriv.value, ...ids, groupsOf(account), '--', ...argv])
}

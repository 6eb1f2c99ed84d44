import type { Failure } from '../../model/failure.ts'
import { usage } from '../../model/failure.ts'
import type { AbsPath } from '../../model/names.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { LaunchPlan, NodeSpec } from '../../model/spec.ts'
import type { Account } from '../account.ts'
import { asMainProcess, behindDashes, OF_THE_NODE, without, written } from '../args.ts'
import { frameOf, homeOf } from '../frame.ts'
import type { Kind, PlanContext } from '../kind.ts'
import { findProgram } from '../program.ts'
import { needsPython, startOf } from '../python.ts'
import { commandOptions } from './options.ts'

type Argv = readonly [AbsPath, ...string[]]

const OURS = [...OF_THE_NODE, ...commandOptions.flatMap(({ names }) => names)]

const groupsOf = ({ uid, user }: Account): string => {
  if (user !== undefined) return '--init-groups'
  // Only --gid: root's groups stay, as with Celery. A number without a user has no groups.
  return uid === undefined ? '--keep-groups' : '--clear-groups'
}

/**
 * As another user by setpriv(1), which execs: the pid stays. Node's own spawn sets uid and gid, but leaves root's
 * supplementary groups (libuv, uv__process_child_init calls setgroups(0) at most).
 */
async function asAccount(argv: Argv, account: Account | undefined, cwd: AbsPath, context: PlanContext) {
  if (account === undefined) return ok(argv)
  const setpriv = await findProgram('setpriv', cwd, context)
  if (!setpriv.ok) {
    const { error } = setpriv
    return err(error.reason === 'not-found' ? { ...error, hint: '--uid and --gid need it: util-linux' } : error)
  }
  const { uid, gid } = account
  const ids = [...(uid === undefined ? [] : [`--reuid=${uid}`]), ...(gid === undefined ? [] : [`--regid=${gid}`])]
  return ok([setpriv.value, ...ids, groupsOf(account), '--', ...argv] as const)
}

const notesOf = ({ executable }: NodeSpec, cmd: readonly string[]): readonly string[] =>
  executable === undefined || needsPython(cmd)
    ? []
    : [`--executable ${executable} is not used: --cmd names the program`]

async function plan(spec: NodeSpec, context: PlanContext, why: string): Promise<Result<LaunchPlan, Failure>> {
  const cmd = spec.cmd?.map(asMainProcess)
  if (cmd?.[0] === undefined) return err(usage('A command needs --cmd', { hint: "--cmd='PROGRAM ARGS'" }))
  const frame = await frameOf(spec, context)
  if (!frame.ok) return frame
  const { common, account } = frame.value
  const start = await startOf(cmd, spec.executable, common.cwd, context)
  if (!start.ok) return start
  const options = without(spec.options, ...OURS)
    .flatMap(written)
    .map(asMainProcess)
  const full: Argv = [
    ...start.value,
    ...options,
    ...behindDashes(spec.passthrough),
    ...(spec.append ?? []).map(asMainProcess),
  ]
  const argv = await asAccount(full, account, common.cwd, context)
  if (!argv.ok) return argv
  const notes = notesOf(spec, cmd)
  return ok({
    ...common,
    env: { ...common.env, ...(account === undefined ? {} : homeOf(account)) },
    kind: 'command',
    argv: argv.value,
    pidfileOwner: 'manager',
    ready: 'alive',
    stop: { warm: 'TERM', cold: 'KILL' },
    why,
    ...(notes.length === 0 ? {} : { notes }),
  })
}

export const command: Kind = { name: 'command', options: commandOptions, plan }

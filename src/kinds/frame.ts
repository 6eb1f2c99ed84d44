import { type Failure, usage } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { LaunchPlan, NodeSpec, Target } from '../model/spec.ts'
import { type Account, accountOf } from './account.ts'
import { valueOf } from './args.ts'
import type { PlanContext } from './kind.ts'
import { once } from './memo.ts'
import { absolute } from './program.ts'

/** What a plan of every kind has, and the account that kinds hand on in their own ways. */
export interface Frame {
  readonly common: Target & Pick<LaunchPlan, 'cwd' | 'env' | 'uid' | 'gid' | 'umask'>
  readonly account: Account | undefined
}

/** Where the worker runs, and what its own relative paths (`-A`, `--cmd`, `--executable`) count from. */
export const directoryOf = (spec: NodeSpec, context: PlanContext): AbsPath =>
  absolute(context.cwd, valueOf(spec.options, '--workdir') ?? '.')

/** A missing directory and a missing program are the same ENOENT to spawn, and different mistakes to the user. */
async function checkDirectory(cwd: AbsPath, given: boolean, context: PlanContext): Promise<Result<AbsPath, Failure>> {
  const what = given ? '--workdir' : 'the current directory'
  const facts = await context.system.statTarget(cwd)
  if (facts?.kind !== 'directory') return err({ reason: 'no-directory', path: cwd, what })
  if (!(await context.system.access(cwd, 'execute'))) return err({ reason: 'denied', what: `enter ${what}`, path: cwd })
  return ok(cwd)
}

function readUmask(text: string | undefined): Result<number | undefined, Failure> {
  if (text === undefined) return ok(undefined)
  if (/^(0o)?[0-7]{1,4}$/.test(text)) return ok(Number.parseInt(text.replace('0o', ''), 8))
  return err(usage(`${text} is not a umask`, { argument: '--umask', hint: 'write it in octal: --umask=022' }))
}

const target = ({ name, short, fleet, pidfile, logfile }: NodeSpec): Target => ({
  name,
  short,
  fleet,
  pidfile,
  logfile,
})

export async function frameOf(spec: NodeSpec, context: PlanContext): Promise<Result<Frame, Failure>> {
  const umask = readUmask(valueOf(spec.options, '--umask'))
  if (!umask.ok) return umask
  const given = valueOf(spec.options, '--workdir') !== undefined
  const directory = directoryOf(spec, context)
  const cwd = await once(context.system, `enter ${directory} ${given}`, () => checkDirectory(directory, given, context))
  if (!cwd.ok) return cwd
  const account = await accountOf(context.system, valueOf(spec.options, '--uid'), valueOf(spec.options, '--gid'))
  if (!account.ok) return account
  const { uid, gid } = account.value ?? {}
  const files = target(spec)
  const common = {
    ...files,
    cwd: cwd.value,
    env: {
      MULTI_NODE: spec.name,
      MULTI_INDEX: String(spec.index),
      MULTI_PIDFILE: files.pidfile,
      MULTI_LOGFILE: files.logfile,
      // Keeps setproctitle from overwriting the environment, by which a worker without a record is found again.
      SPT_NOENV: '1',
    },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(umask.value === undefined ? {} : { umask: umask.value }),
  }
  return ok({ common, account: account.value })
}

/** What login(1) would set. Not for Celery: it changes user by itself, as late as ever, and keeps its caller's. */
export const homeOf = ({ user }: Account): Readonly<Record<string, string>> =>
  user === undefined ? {} : { HOME: user.home, USER: user.name, LOGNAME: user.name }

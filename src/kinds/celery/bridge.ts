import type { AbsPath } from '../../model/names.ts'
import type { LaunchPlan } from '../../model/spec.ts'
import { type Account, accountOf } from '../account.ts'
import { asAccount } from '../as-account.ts'
import type { PlanContext } from '../kind.ts'
import { once } from '../memo.ts'
import { startIn } from './command.ts'
import { excluded, included } from './include.ts'
import { interpreterOf } from './interpreter.ts'
import { lastPlace } from './words.ts'

/** bridge/multi_bridge.py */
const MODULE = 'multi_bridge'
/** Its parent must be us: a wrapper that stays in front would have another pid than the one that the bridge writes. */
export const TRIAL = `import os, ${MODULE}; print(os.getppid(), ${MODULE}.__file__)`
const TRIAL_MS = 10_000

type Start = readonly [AbsPath, ...string[]]
type Voice = { readonly pythonPath: string } | { readonly why: string | undefined }

/** Celery takes the names of modules from this one too, unless -I is given: adding one would lose those. */
const INCLUDE_VARIABLE = 'CELERY_WORKER_INCLUDE'

const pythonPathOf = ({ bridge, env }: PlanContext): string =>
  env['PYTHONPATH'] ? `${bridge}:${env['PYTHONPATH']}` : bridge

/** A module that cannot be imported kills a Celery worker, so what runs the worker imports it first, as its user. */
async function tried(
  interpreter: readonly [string, ...string[]],
  account: Account | undefined,
  cwd: AbsPath,
  context: PlanContext,
): Promise<Voice> {
  const argv = await asAccount([...interpreter, '-c', TRIAL], account, cwd, context)
  if (!argv.ok) return { why: 'setpriv is not there to try it as its user' }
  const pythonPath = pythonPathOf(context)
  const env = { PYTHONPATH: pythonPath, MULTI_BRIDGE_PROBE: '1' }
  const { code, stdout, stderr } = await once(context.system, JSON.stringify([argv.value, cwd]), () =>
    context.system.run(argv.value, { cwd, env, timeoutMs: TRIAL_MS }),
  )
  const said = stdout.trimEnd().split('\n').at(-1)
  if (code === 0 && said === `${context.system.self.identity.pid} ${context.bridge}/${MODULE}.py`) return { pythonPath }
  if (code === 0) return { why: `it would not be the process that multi starts, or not have multi's own ${MODULE}` }
  return { why: stderr.trimEnd().split('\n').at(-1) || `${interpreter.join(' ')} did not import it` }
}

async function voiceOf(
  start: Start,
  account: Account | undefined,
  plan: LaunchPlan,
  context: PlanContext,
): Promise<Voice> {
  const { env } = context
  if (env['MULTI_BRIDGE'] === '0') return { why: undefined }
  const words = plan.argv.slice(start.length)
  if (env[INCLUDE_VARIABLE] && lastPlace(words, '-I') === undefined) return { why: `${INCLUDE_VARIABLE} is set` }
  const interpreter = await interpreterOf(start, context)
  if (interpreter === undefined) return { why: `which Python runs ${start.join(' ')} cannot be seen` }
  return tried(interpreter, account, plan.cwd, context)
}

/** The plan with the bridge in it where that is proven to work; else a worker that is mute, and why. */
export async function withBridge(
  plan: LaunchPlan,
  start: Start,
  account: Account | undefined,
  context: PlanContext,
): Promise<LaunchPlan> {
  const voice = await voiceOf(start, account, plan, context)
  if ('pythonPath' in voice) {
    const words = included(plan.argv.slice(start.length), MODULE)
    const env = { ...plan.env, PYTHONPATH: voice.pythonPath }
    return { ...plan, argv: [...start, ...words], env, unrecorded: ['PYTHONPATH'], ready: 'vitals' }
  }
  if (voice.why === undefined) return plan
  return { ...plan, notes: [...(plan.notes ?? []), `it cannot tell multi how it is: no bridge, ${voice.why}`] }
}

/**
 * A plan that was recorded, tried anew: another version of multi may be somewhere else by now, another user of it may have
 * another PYTHONPATH, and a module that is not there any more would kill the worker.
 */
export async function renewed(plan: LaunchPlan, context: PlanContext): Promise<LaunchPlan> {
  const start = plan.kind === 'celery' ? startIn(plan.argv) : undefined
  if (start === undefined) return plan
  const { PYTHONPATH: _ours, ...env } = plan.env
  const argv: LaunchPlan['argv'] = [...start, ...excluded(plan.argv.slice(start.length), MODULE)]
  const account = await accountOf(context.system, plan.uid?.toString(), plan.gid?.toString())
  const silent: LaunchPlan = { ...plan, argv, env, ready: 'pidfile+alive' }
  return account.ok ? withBridge(silent, start, account.value, context) : silent
}

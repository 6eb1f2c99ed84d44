import { type Failure, usage } from '../../model/failure.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { LaunchPlan, NodeSpec, Opt } from '../../model/spec.ts'
import { behindDashes, ruleOf, valueOf, without, written } from '../args.ts'
import { DETACH, DETACH_NOTE } from '../detach.ts'
import { type Frame, frameOf, homeOf } from '../frame.ts'
import type { Kind, PlanContext } from '../kind.ts'
import { findApp } from './find.ts'
import { nodeFor } from './node.ts'
import { APP_POOLS, appOptions, poolOptions } from './options.ts'
import { readReference } from './reference.ts'

/** What multi does before the host runs: where it is, its umask. As whom is handed on in numbers. */
const DONE_BY_MULTI = ['--app', '-A', '--workdir', '--umask', '--uid', '--gid', ...DETACH]

/** The host refuses what it does not know; better said here than in ten logs. */
function checkOptions(options: readonly Opt[]): Result<readonly Opt[], Failure> {
  const unknown = options.find(({ name }) => ruleOf(appOptions, name) === undefined)
  if (unknown === undefined) return checkPool(options)
  const hint = 'what is for the app itself goes behind --'
  return err(usage(`${unknown.name} is not an option of an app worker`, { argument: unknown.name, hint }))
}

function checkPool(options: readonly Opt[]): Result<readonly Opt[], Failure> {
  const pool = valueOf(options, '--pool', '-P') ?? 'async'
  if (!APP_POOLS.includes(pool)) {
    const hint = '-P async (one process, -c jobs at a time) or -P prefork (-c processes, one job each)'
    return err(usage(`${pool} is no pool of an app worker`, { argument: `-P ${pool}`, hint }))
  }
  const forChildren = options.find(({ name }) => ruleOf(poolOptions, name) !== undefined)
  if (pool === 'prefork' || forChildren === undefined) return ok(options)
  const { name } = forChildren
  return err(usage(`${name} is for the children of a pool`, { argument: name, hint: `${name} needs -P prefork` }))
}

const respelled = (option: Opt): Opt => (option.name === '-L' ? { ...option, name: '--loglevel' } : option)

const identity = ({ account }: Frame): readonly string[] => [
  ...(account?.uid === undefined ? [] : [`--uid=${account.uid}`]),
  ...(account?.gid === undefined ? [] : [`--gid=${account.gid}`]),
]

async function argvOf(
  spec: NodeSpec,
  frame: Frame,
  context: PlanContext,
): Promise<Result<LaunchPlan['argv'], Failure>> {
  const { cwd } = frame.common
  const text = valueOf(spec.options, '--app', '-A')
  if (text === undefined) return err(usage('An app worker needs -A', { hint: '-A ./worker.mjs' }))
  const options = checkOptions(without(spec.options, ...DONE_BY_MULTI))
  if (!options.ok) return options
  const { path, exportName } = readReference(text)
  const file = await findApp(path, cwd, context.system)
  if (!file.ok) return file
  const start = await nodeFor(file.value, spec.executable, cwd, context)
  if (!start.ok) return start
  const module = exportName === undefined ? file.value : `${file.value}:${exportName}`
  return ok([
    ...start.value,
    context.multi,
    'worker',
    '-A',
    module,
    ...options.value.map(respelled).flatMap(written),
    ...identity(frame),
    ...behindDashes([...spec.passthrough, ...(spec.append ?? [])]),
  ])
}

async function plan(spec: NodeSpec, context: PlanContext, why: string): Promise<Result<LaunchPlan, Failure>> {
  const frame = await frameOf(spec, context)
  if (!frame.ok) return frame
  const argv = await argvOf(spec, frame.value, context)
  if (!argv.ok) return argv
  const { common, account } = frame.value
  return ok({
    ...common,
    env: { ...common.env, ...(account === undefined ? {} : homeOf(account)) },
    kind: 'app',
    argv: argv.value,
    pidfileOwner: 'worker',
    ready: 'vitals',
    // The host's table in src/worker/signals.ts. Soft is INT, never QUIT: that ends an app which takes no abort.
    stop: { warm: 'TERM', soft: 'INT', softWhen: 'said', cold: 'KILL' },
    quiet: { by: 'signal', quiet: 'TSTP', resume: 'CONT' },
    why,
    ...(spec.options.some(({ name }) => DETACH.has(name)) && { notes: [DETACH_NOTE] }),
  })
}

export const app: Kind = { name: 'app', options: appOptions, plan }

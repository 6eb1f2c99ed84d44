import { recordedNodes } from '../fleet/catalogue.ts'
import type { Meant } from '../fleet/targets.ts'
import { saysWhatToRun } from '../kinds/index.ts'
import { type UsageError, usage } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Outcome } from '../model/outcome.ts'
import type { NodeSpec } from '../model/spec.ts'
import { nearest } from '../spec/nearest.ts'
import type { Context } from './verb.ts'

/** By these Celery finds an app, or a configuration for its own, without -A: celery/bin/celery.py and celery/loaders. */
const CELERY_VARIABLES = ['CELERY_APP', 'APP', 'CELERY_CONFIG_MODULE', 'CONFIG_MODULE'] as const

/** A name that was never started and does not say what to run would become a Celery worker without an app. */
export async function neverStarted(context: Context, spec: NodeSpec): Promise<UsageError | undefined> {
  const { system, env, cwd } = context
  if (saysWhatToRun(spec, env) || CELERY_VARIABLES.some((name) => env[name])) return undefined
  if (await system.statTarget(`${cwd}/celeryconfig.py` as AbsPath)) return undefined
  const hint = await whatElse(context, spec.short)
  return usage(`${spec.short} was never started here: say what to run (-A, --cmd)`, {
    argument: spec.short,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** To init scripts what is not there is down, and that is well; to who mistyped a name it is not what was meant. */
export async function noteNeverStarted(
  context: Context,
  meant: readonly Meant[],
  outcomes: readonly Outcome[],
): Promise<void> {
  for (const [at, { target, result }] of outcomes.entries()) {
    if (result !== 'already-down' || meant[at]?.record) continue
    const guess = await whatElse(context, target.short)
    if (guess) context.emit({ event: 'note', target, text: `never started here; ${guess}` })
  }
}

/** A node of this fleet whose name is nearly that one (w3 is no misspelt w2), or what `all` is to supervisorctl and pm2. */
async function whatElse({ system, directories, fleet }: Context, short: string): Promise<string | undefined> {
  const recorded = await recordedNodes(system, directories.state)
  const others = recorded.filter((one) => one.fleet === fleet && lettersOf(one.short) !== lettersOf(short))
  const near = nearest(
    short,
    others.map((one) => one.short),
  )
  if (near !== undefined) return `did you mean ${near}?`
  return short === 'all' ? 'the whole fleet is meant where no node is named' : undefined
}

const lettersOf = (name: string): string => name.replaceAll(/\d+/g, '')

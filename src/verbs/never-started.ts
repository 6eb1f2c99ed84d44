import { recordedNodes } from '../fleet/catalogue.ts'
import type { Meant } from '../fleet/targets.ts'
import { APP_VARIABLES, saysWhatToRun } from '../kinds/index.ts'
import { type UsageError, usage } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Outcome } from '../model/outcome.ts'
import type { NodeSpec, Target } from '../model/spec.ts'
import { nearest } from '../spec/nearest.ts'
import type { Context } from './verb.ts'

/** By these Celery finds an app, or a configuration for its own, without -A: celery/bin/celery.py and celery/loaders. */
const CELERY_VARIABLES = [...APP_VARIABLES, 'CELERY_CONFIG_MODULE', 'CONFIG_MODULE'] as const

/** Whether Celery finds an app, or its configuration, without -A. */
async function findsAppItself({ system, env, cwd }: Context): Promise<boolean> {
  if (CELERY_VARIABLES.some((name) => env[name])) return true
  return (await system.statTarget(`${cwd}/celeryconfig.py` as AbsPath)) !== undefined
}

/** A name that was never started and does not say what to run would become a Celery worker without an app. */
export async function neverStarted(context: Context, spec: NodeSpec): Promise<UsageError | undefined> {
  if (saysWhatToRun(spec, context.env) || (await findsAppItself(context))) return undefined
  const hint = await whatElse(context, spec)
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
    const guess = await whatElse(context, target)
    context.emit({ event: 'note', target, text: `never started here${guess === undefined ? '' : `; ${guess}`}` })
  }
}

/** The one of that name at another pidfile, a node of this fleet whose name is nearly that one, or what `all` is to pm2. */
async function whatElse(context: Context, { short, name, pidfile }: Target): Promise<string | undefined> {
  const { system, directories, fleet } = context
  const recorded = await recordedNodes(system, directories.state)
  const elsewhere = recorded.find((one) => one.name === name && one.pidfile !== pidfile)
  if (elsewhere) return `${name} is that of ${elsewhere.pidfile}`
  // w3 is no misspelt w2.
  const others = recorded.filter((one) => one.fleet === fleet && lettersOf(one.short) !== lettersOf(short))
  const near = nearest(
    short,
    others.map((one) => one.short),
  )
  if (near !== undefined) return `did you mean ${near}?`
  return short === 'all' ? 'the whole fleet is meant where no node is named' : undefined
}

const lettersOf = (name: string): string => name.replaceAll(/\d+/g, '')

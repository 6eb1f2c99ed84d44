import type { LaunchPlan } from '../model/spec.ts'
import { appIn } from './celery/command.ts'
import type { PlanContext } from './kind.ts'

type Ran = Pick<LaunchPlan, 'kind' | 'argv'>

/** By these Celery finds an app without -A: celery/bin/celery.py. */
export const APP_VARIABLES = ['CELERY_APP', 'APP'] as const

/** How a node was started, and how it would be now, as far as that is another kind, or a Celery worker without its app. */
export function whatIsLost(before: Ran, now: Ran, env: PlanContext['env']): readonly [string, string] | undefined {
  if (before.kind !== now.kind) return [`as kind ${before.kind}`, `as kind ${now.kind}`]
  const app = before.kind === 'celery' ? appIn(before.argv) : undefined
  // A celeryconfig.py is no app: where one was named, the jobs are in it.
  const isLost = app !== undefined && appIn(now.argv) === undefined && !APP_VARIABLES.some((name) => env[name])
  return isLost ? [`with the app ${app}`, 'without'] : undefined
}

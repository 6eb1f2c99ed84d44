import { neverGiven } from '../fleet/directories.ts'
import { prepare } from '../fleet/prepare.ts'
import { remember } from '../fleet/remember.ts'
import { placeForVitals } from '../fleet/vitals-place.ts'
import type { FleetEvent } from '../model/events.ts'
import type { Failure } from '../model/failure.ts'
import type { Outcome } from '../model/outcome.ts'
import type { LaunchPlan, Target } from '../model/spec.ts'
import type { Fault, System } from '../system/port.ts'
import type { Planned } from './plans.ts'
import { isSet } from './read-settings.ts'
import type { Context } from './verb.ts'

/** A node that can be started now. */
export interface Readied {
  readonly target: Target
  readonly plan: LaunchPlan
  readonly defaultPidfile: boolean
}

/** Sees to directories and the index. A node that cannot be prepared fails before it is touched; the others go on. */
export async function readied(
  context: Context,
  planned: readonly Planned[],
  /** Asked last, once its directories are there. */
  refused: (system: System, plan: LaunchPlan) => Promise<Failure | undefined> = async () => undefined,
): Promise<{ readonly good: Readied[]; readonly bad: Outcome[] }> {
  const { system, directories, env, emit } = context
  const good: Readied[] = []
  const bad: Outcome[] = []
  let indexRefused: Fault | undefined
  const goodDirectories = new Set<string>()
  const ours = neverGiven(env, directories)
  const vitalsDirectories: VitalsDirectories = new Map()
  for (const { target, plan, defaultPidfile } of planned) {
    const failure: Failure | undefined = plan.ok
      ? ((await prepare(system, plan.value, goodDirectories, ours)) ?? (await refused(system, plan.value)))
      : plan.error
    if (failure || !plan.ok) {
      if (failure) bad.push({ target, ms: 0, result: 'failed', failure })
      continue
    }
    good.push({ target, plan: await withVitals(context, plan.value, vitalsDirectories), defaultPidfile })
    indexRefused ??= await remember(system, directories.state, target.pidfile)
  }
  if (indexRefused) {
    const { call, path = '', code } = indexRefused
    emit({ event: 'note', text: `nodes are not noted for verbs without arguments: ${call} ${path}: ${code}` })
  }
  for (const outcome of bad) emit({ event: 'outcome', outcome })
  return { good, bad }
}

type VitalsDirectories = NonNullable<Parameters<typeof placeForVitals>[3]>

async function withVitals(
  { system, directories, env, emit }: Context,
  plan: LaunchPlan,
  found: VitalsDirectories,
): Promise<LaunchPlan> {
  const { caution } = plan
  if (caution && env[caution.variable] === caution.value) {
    emit({ event: 'note', target: plan, text: `${caution.variable}=${caution.value}: ${caution.text}` })
  }
  // The recorded place may be of another day and another user: it is found anew for each start.
  const { vitals: _before, ...rest } = plan
  const vitals = await placeForVitals(system, directories.run, rest, found)
  return vitals === undefined ? rest : { ...rest, vitals }
}

/** What was started while another command forgot it is noted all the same. */
export async function noteAgain({ system, directories }: Context, outcomes: readonly Outcome[]): Promise<void> {
  for (const { result, target } of outcomes)
    if (result === 'started' || result === 'restarted') await remember(system, directories.state, target.pidfile)
}

/** In the order of the line, whichever was finished first. */
export function inOrder(planned: readonly Planned[], outcomes: readonly Outcome[]): Outcome[] {
  const at = new Map(planned.map(({ target }, index) => [target.pidfile, index]))
  return [...outcomes].sort((a, b) => (at.get(a.target.pidfile) ?? 0) - (at.get(b.target.pidfile) ?? 0))
}

/** Exit 0 without a word would look like a fleet that was started. */
export const nobody = ({ line }: Context): FleetEvent => {
  const which = isSet(line.settings, '--all') ? 'no recorded node' : 'no node of this fleet'
  return { event: 'note', text: `${which} should be up: name those that are to be started` }
}

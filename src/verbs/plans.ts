import { recordedNodes } from '../fleet/catalogue.ts'
import { fleetNodes, type Meant, namedNodes, toTarget } from '../fleet/targets.ts'
import { planNode } from '../kinds/index.ts'
import type { Failure, UsageError } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { LaunchPlan, NodeSpec, Target } from '../model/spec.ts'
import { type NodeRecord, readRecord } from '../node/record.ts'
import { selectionOf } from './selection.ts'
import type { Context } from './verb.ts'

/** A node to be started: how, or why it cannot be. */
export interface Planned {
  readonly target: Target
  readonly plan: Result<LaunchPlan, Failure>
  /** Its pidfile is where the defaults put it. */
  readonly defaultPidfile: boolean
}

/**
 * How each node is to be started: as the line says, or, where it says nothing of the worker, as it was last started.
 * Without nodes: those of the fleet that should be up.
 */
export async function plannedNodes(context: Context): Promise<Result<Planned[], UsageError>> {
  const { line, system, directories } = context
  if (line.nodes.length > 0 && line.hasWorkerOptions) return ok(await planAll(context, line.nodes))
  const recorded = await recordedNodes(system, directories.state)
  const selection = selectionOf(context)
  if (line.nodes.length === 0) {
    const meant = fleetNodes(recorded, selection)
    if (!meant.ok) return meant
    const wanted = meant.value.filter(({ record }) => record?.wanted === 'up')
    return ok(await Promise.all(wanted.map((one) => asRecorded(context, one))))
  }
  const meant = await namedNodes(system, line.nodes, selection, recorded)
  if (!meant.ok) return meant
  return ok(await asRecordedOrPlanned(context, meant.value))
}

async function asRecordedOrPlanned(context: Context, meant: readonly Meant[]): Promise<Planned[]> {
  const planned: Planned[] = []
  for (const [at, one] of meant.entries()) {
    const spec = context.line.nodes[at]
    if (one.record?.plan) planned.push(await asRecorded(context, one))
    else if (spec) planned.push(...(await planAll(context, [spec])))
  }
  return planned
}

async function planAll(context: Context, specs: readonly NodeSpec[]): Promise<Planned[]> {
  const planned: Planned[] = []
  for (const spec of specs) {
    const plan = await planNode(spec, context)
    for (const text of plan.ok ? (plan.value.notes ?? []) : []) context.emit({ event: 'note', target: spec, text })
    planned.push({ target: toTarget(spec), plan, defaultPidfile: !spec.given.pidfile })
  }
  return planned
}

/** The recorded plan, with the caller's environment: values are never recorded. */
async function asRecorded(context: Context, { target, record }: Meant): Promise<Planned> {
  const plan = await recordedPlan(context, target, record)
  if (plan.ok) warnOfMissing(context, target, record)
  return { target, plan, defaultPidfile: false }
}

async function recordedPlan(
  { system }: Context,
  target: Target,
  record: NodeRecord | undefined,
): Promise<Result<LaunchPlan, Failure>> {
  if (!record?.plan) {
    const message = `${target.name} was not started by multi, so how to start it is not recorded`
    return err({ reason: 'bad-configuration', message, hint: 'give the options of the worker' })
  }
  // What another user wrote must not become what this one runs.
  const read = await readRecord(system, target.pidfile)
  const trusted = read.is === 'record' && (read.uid === system.self.uid || read.uid === 0)
  if (!trusted) {
    const message = `the record of ${target.name} belongs to another user: its command line is not run`
    return err({
      reason: 'bad-configuration',
      message,
      hint: 'run multi as that user, or give the options of the worker',
    })
  }
  const { environmentNames: _names, ...plan } = record.plan
  return ok({ ...plan, ...target })
}

/** Set by shells, terminals and sessions for themselves: not missed by workers. */
const PERSONAL =
  /^(_|PWD|OLDPWD|SHLVL|TERM|TERM_.*|COLORTERM|COLUMNS|LINES|PS1|LS_COLORS|SSH_.*|XDG_.*|DBUS_.*|DISPLAY|WINDOWID|SUDO_.*|MAIL|HISTFILE|TMUX.*|STY|npm_.*|INIT_CWD|NODE|MULTI_.*|C_FAKEFORK|LESS.*|EDITOR|PAGER|VISUAL|INVOCATION_ID|JOURNAL_STREAM)$/

function warnOfMissing({ env, emit }: Context, target: Target, record: NodeRecord | undefined): void {
  const missing = (record?.plan?.environmentNames ?? []).filter(
    (name) => env[name] === undefined && !PERSONAL.test(name),
  )
  if (missing.length === 0) return
  const listed =
    missing.length > 8 ? `${missing.slice(0, 8).join(', ')} and ${missing.length - 8} more` : missing.join(', ')
  emit({ event: 'note', target, text: `started before with variables that are not set now: ${listed}` })
}

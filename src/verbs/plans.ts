import { recordedNodes } from '../fleet/catalogue.ts'
import { fleetNodes, type Meant, namedNodes, toTarget } from '../fleet/targets.ts'
import { planNode, renewed, saysWhatToRun } from '../kinds/index.ts'
import { type Failure, type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { LaunchPlan, NodeSpec, Target } from '../model/spec.ts'
import { Look } from '../node/look.ts'
import { newMemory } from '../node/memory.ts'
import { observe } from '../node/observe.ts'
import { mayBeRun, type NodeRecord, readRecord } from '../node/record.ts'
import { neverStarted } from './never-started.ts'
import { passedOver, selectionOf } from './selection.ts'
import type { Context } from './verb.ts'

/** A node to be started: how, or why it cannot be. */
export interface Planned {
  readonly target: Target
  readonly plan: Result<LaunchPlan, Failure>
  /** Its pidfile is not named on the line, so another fleet's node may have it. */
  readonly defaultPidfile: boolean
}

/**
 * How each node is to be started: as the line says, or, where it says nothing of the worker, as it was last started.
 * Without nodes: those of the fleet that should be up.
 */
export async function plannedNodes(
  context: Context,
  verb: 'start' | 'restart',
): Promise<Result<Planned[], UsageError>> {
  const meant = await nodesToStart(context, verb === 'start' && context.line.hasWorkerOptions)
  if (!meant.ok) return meant
  if (context.line.hasWorkerOptions) return anew(context, meant.value)
  const planned: Planned[] = []
  for (const [at, one] of meant.value.entries()) {
    const spec = context.line.nodes[at]
    const unknown = spec && (await isNobody(context, one)) ? await neverStarted(context, spec) : undefined
    if (unknown) return err(unknown)
    const recorded = one.record?.plan || !spec || (verb === 'restart' && (await runs(context, one)))
    planned.push(recorded ? await asRecorded(context, one) : await planOne(context, spec))
  }
  return ok(planned)
}

/** A worker that runs without a recorded plan was started by something else: with no options it would come back as another. */
const runs = async ({ system }: Context, { target }: Meant): Promise<boolean> =>
  (await observe(new Look(system), target, newMemory())).state.state === 'running'

/** Neither recorded nor there; one of whom that cannot be told is not. */
async function isNobody({ system }: Context, { target, record }: Meant): Promise<boolean> {
  if (record) return false
  const { state } = (await observe(new Look(system), target, newMemory())).state
  return state === 'stopped' || state === 'stale'
}

async function nodesToStart(context: Context, ownOnly: boolean): Promise<Result<Meant[], UsageError>> {
  const { line, system, directories } = context
  const recorded = await recordedNodes(system, directories.state, passedOver(context))
  const selection = { ...selectionOf(context), ownOnly }
  if (line.nodes.length > 0) return namedNodes(system, line.nodes, selection, recorded)
  const meant = fleetNodes(recorded, selection)
  return meant.ok ? ok(meant.value.filter(({ record }) => record?.wanted === 'up')) : meant
}

/** With the options of the line; a node that is recorded keeps the files that it has, unless the line names others. */
async function anew(context: Context, meant: readonly Meant[]): Promise<Result<Planned[], UsageError>> {
  const { line } = context
  const nodes = line.nodes.length > 0 ? [] : meant.map(({ target }) => target.name)
  if (line.nodes.length === 0 && nodes.length === 0) return ok([])
  const kept = meant.flatMap(({ record }, at) => (record ? keptFiles(record, line.nodes[at]) : []))
  const read = context.reread(nodes, kept)
  if (!read.ok) return read
  const planned: Planned[] = []
  for (const [at, spec] of read.value.nodes.entries()) {
    const one = await planOne(context, spec)
    const changed = anotherKind(context, spec, meant[at]?.record, one.plan)
    if (changed) return err(changed)
    planned.push({ ...one, defaultPidfile: line.nodes[at]?.given.pidfile === false })
  }
  return ok(planned)
}

/** Options alone (`restart -c 8`) change how a node runs, not what it runs: an app would come back as a Celery worker without one. */
function anotherKind(
  { env }: Context,
  spec: NodeSpec,
  record: NodeRecord | undefined,
  plan: Planned['plan'],
): UsageError | undefined {
  const before = record?.plan?.kind
  if (!plan.ok || before === undefined || before === plan.value.kind || saysWhatToRun(spec, env)) return undefined
  const message = `${spec.name} was started as kind ${before}, and this line does not say what to run: it would come back as kind ${plan.value.kind}`
  const hint = `name its ${before === 'app' ? 'app with -A' : 'program with --cmd'} too, or say --kind ${plan.value.kind}`
  return usage(message, { argument: spec.short, hint })
}

function keptFiles({ name, pidfile, logfile, plan }: NodeRecord, spec: NodeSpec | undefined): string[] {
  // The form with %I in it, for pool processes, stands only on the worker's own command line.
  const handedOn = plan?.argv.find((word) => word.startsWith('--logfile='))?.slice('--logfile='.length)
  return [
    ...(spec?.given.pidfile ? [] : [`--pidfile:${name}=${literally(pidfile)}`]),
    ...(spec?.given.logfile ? [] : [`--logfile:${name}=${literally(handedOn ?? logfile)}`]),
  ]
}

/** As a template that says just this, but for %i and %I. */
const literally = (path: string): string => path.replace(/%(?![iI])/g, '%%')

async function planOne(context: Context, spec: NodeSpec): Promise<Planned> {
  const plan = await planNode(spec, context)
  for (const text of plan.ok ? (plan.value.notes ?? []) : []) context.emit({ event: 'note', target: spec, text })
  return { target: toTarget(spec), plan, defaultPidfile: !spec.given.pidfile }
}

/** The recorded plan, with the caller's environment: values are never recorded. */
async function asRecorded(context: Context, { target, record }: Meant): Promise<Planned> {
  const { system } = context
  if (!record?.plan) return asItIs(target, notRecorded(target))
  // Whose it is counts for what stands in it now, and for nothing that was read before: its owner may have put it in another's place.
  const read = await readRecord(system, target.pidfile)
  if (!mayBeRun(system, read) || !read.record.plan) return asItIs(target, anotherUsers(target))
  const { environmentNames, ...plan } = read.record.plan
  const now = { ...target, logfile: target.logfile === record.logfile ? read.record.logfile : target.logfile }
  const again = await renewed({ ...plan, ...now }, context)
  for (const text of again.notes ?? []) context.emit({ event: 'note', target: now, text })
  warnOfMissing(context, now, environmentNames)
  return { target: now, plan: ok(again), defaultPidfile: false }
}

const asItIs = (target: Target, failure: Failure): Planned => ({ target, plan: err(failure), defaultPidfile: false })

const notRecorded = ({ name }: Target): Failure => ({
  reason: 'bad-configuration',
  message: `${name} was not started by multi, so how to start it is not recorded`,
  hint: 'give the options of the worker',
})

const anotherUsers = ({ name }: Target): Failure => ({
  reason: 'bad-configuration',
  message: `the record of ${name} belongs to another user: its command line is not run`,
  hint: 'run multi as that user, or give the options of the worker',
})

/** Set by shells, terminals and sessions for themselves: not missed by workers. */
const PERSONAL =
  /^(_|PWD|OLDPWD|SHLVL|TERM|TERM_.*|COLORTERM|COLUMNS|LINES|PS1|LS_COLORS|SSH_.*|XDG_.*|DBUS_.*|DISPLAY|WINDOWID|SUDO_.*|MAIL|HISTFILE|TMUX.*|STY|npm_.*|INIT_CWD|NODE|MULTI_.*|C_FAKEFORK|LESS.*|EDITOR|PAGER|VISUAL|INVOCATION_ID|JOURNAL_STREAM)$/

function warnOfMissing({ env, emit }: Context, target: Target, environmentNames: readonly string[]): void {
  const missing = environmentNames.filter((name) => env[name] === undefined && !PERSONAL.test(name))
  if (missing.length === 0) return
  const listed =
    missing.length > 8 ? `${missing.slice(0, 8).join(', ')} and ${missing.length - 8} more` : missing.join(', ')
  emit({ event: 'note', target, text: `started before with variables that are not set now: ${listed}` })
}

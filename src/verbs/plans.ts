import { type Meant, toTarget } from '../fleet/targets.ts'
import { renewed, saysWhatToRun, unstartable, whatIsLost } from '../kinds/index.ts'
import { type Failure, type UsageError, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { LaunchPlan, NodeSpec, Target } from '../model/spec.ts'
import { Look } from '../node/look.ts'
import { newMemory } from '../node/memory.ts'
import { observe } from '../node/observe.ts'
import { mayBeRun, type NodeRecord, readRecord } from '../node/record.ts'
import { type Known, overwritten } from '../spec/overwrite.ts'
import { neverStarted } from './never-started.ts'
import { planOf } from './plan-one.ts'
import { isSet } from './read-settings.ts'
import { meantNodes } from './selection.ts'
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
  const specs = specsOf(context, meant.value)
  if (!specs.ok) return specs
  const nodes: Meant[] = []
  for (const [at, one] of meant.value.entries()) {
    const named = await asNamed(context, verb, one, context.line.nodes[at])
    if (!named.ok) return named
    nodes.push(named.value)
  }
  if (context.line.hasWorkerOptions) return anew(context, verb, nodes, specs.value)
  const planned: Planned[] = []
  for (const [at, one] of nodes.entries()) {
    const spec = context.line.nodes[at]
    if (one.spoilt !== undefined) {
      planned.push(asItIs(one.target, cannotTell(one.target, one.spoilt)))
      continue
    }
    const unknown = spec && (await isNobody(context, one)) ? await neverStarted(context, spec) : undefined
    if (unknown) return err(unknown)
    const recorded = one.record?.plan || !spec || (verb === 'restart' && (await runs(context, one)))
    planned.push(recorded ? await asRecorded(context, verb, one, specs.value[at]) : await planOne(context, spec))
  }
  return ok(planned)
}

/**
 * By its pidfile a node may be stopped under any name; started under another, the one that was recorded would be lost, unless
 * it was stopped: then its pidfile has got another node, of which nothing is recorded.
 */
async function asNamed(
  context: Context,
  verb: 'start' | 'restart',
  one: Meant,
  spec: NodeSpec | undefined,
): Promise<Result<Meant, UsageError>> {
  const { record } = one
  if (!record || !spec || record.short === spec.short) return ok(one)
  if (verb === 'start' && record.wanted === 'down' && (await isDown(context, one)))
    return ok({ target: toTarget(spec) })
  const { pidfile } = spec
  const hint = `call it ${record.short}, or forget ${record.short} first: multi forget ${record.short} --pidfile=${pidfile}`
  return err(usage(`${pidfile} is the pidfile of ${record.name}, not of ${spec.name}`, { argument: spec.short, hint }))
}

/** A worker that runs without a recorded plan was started by something else: with no options it would come back as another. */
const runs = async ({ system }: Context, { target }: Meant): Promise<boolean> =>
  (await observe(new Look(system), target, newMemory())).state.state === 'running'

/** Neither recorded nor there; one of whom that cannot be told is not. */
const isNobody = async (context: Context, one: Meant): Promise<boolean> => !one.record && (await isDown(context, one))

async function isDown({ system }: Context, { target }: Meant): Promise<boolean> {
  const { state } = (await observe(new Look(system), target, newMemory())).state
  return state === 'stopped' || state === 'stale'
}

async function nodesToStart(context: Context, ownOnly: boolean): Promise<Result<Meant[], UsageError>> {
  const meant = await meantNodes(context, ownOnly)
  return meant.ok && context.line.nodes.length === 0
    ? ok(meant.value.filter(({ record }) => record?.wanted === 'up'))
    : meant
}

/** Its record is all that could say how its worker, if it lives, was started, and of which fleet. */
const cannotTell = ({ pidfile }: Target, why: string): Failure => ({ reason: 'unknown', why, path: pidfile })

/** With the options of the line; a node that is recorded keeps its name and the files that it has, unless the line names others. */
async function anew(
  context: Context,
  verb: 'start' | 'restart',
  meant: readonly Meant[],
  specs: readonly NodeSpec[],
): Promise<Result<Planned[], UsageError>> {
  const { line } = context
  const planned: Planned[] = []
  for (const [at, one] of meant.entries()) {
    const read = specs[at]
    if (!read) continue
    if (one.spoilt !== undefined) {
      planned.push(asItIs(one.target, cannotTell(one.target, one.spoilt)))
      continue
    }
    // A start with options at a default pidfile is a new node, whoever had that pidfile before.
    const isNew = verb === 'start' && !read.given.pidfile
    const spec = await keeping(context, read, one, isNew)
    const { env } = context
    if (specs.some(({ cmd }) => cmd) && !one.record && !saysWhatToRun(spec, env)) return err(withoutCommand(spec))
    const { target, plan } = await planOne(context, spec)
    const changed = anotherProgram(context, spec, one.record, plan)
    if (changed) return err(changed)
    planned.push({ target, plan, defaultPidfile: line.nodes[at]?.given.pidfile === false })
  }
  return ok(planned)
}

/** Only so that two nodes have two: where no node is named, each keeps its own. */
const ANY_PIDFILE = '--pidfile=%h.pid'

/**
 * As the line says. Where it names none and has something to say of them, it is read again with their names: each once, for
 * two fleets may have it.
 */
function specsOf({ line, reread, emit }: Context, meant: readonly Meant[]): Result<readonly NodeSpec[], UsageError> {
  if (line.nodes.length > 0 || meant.length === 0 || !(line.hasWorkerOptions || line.namesLog)) return ok(line.nodes)
  const names = [...new Set(meant.map(({ target }) => target.name))]
  const read = reread(names, [ANY_PIDFILE])
  if (!read.ok) return read
  const { nodes, warnings } = read.value
  for (const text of line.namesLog ? warnings : []) if (!line.warnings.includes(text)) emit({ event: 'note', text })
  const given = nodes.map((spec) => ({ ...spec, given: { ...spec.given, pidfile: false } }))
  return ok(meant.flatMap(({ target }) => given[names.indexOf(target.name)] ?? []))
}

/** Whose the record is counts for what stands in it now. Another user's could have root make directories, and give files away. */
async function keeping(
  { system, line }: Context,
  spec: NodeSpec,
  { target, record }: Meant,
  isNew: boolean,
): Promise<NodeSpec> {
  if (!record) return spec
  const read = await readRecord(system, target.pidfile)
  const believed = mayBeRun(system, read) ? read.record : undefined
  const { name, short, pidfile } = target
  // What it has is as good as given: it does not go elsewhere.
  const isKept = believed !== undefined && !(isNew && believed.fleet !== spec.fleet)
  const given = { pidfile: true, logfile: spec.given.logfile || isKept }
  return overwritten(
    { ...spec, given },
    {
      name,
      short,
      ...(isNew || isSet(line.settings, '--fleet') || !believed ? {} : { fleet: believed.fleet }),
      ...(spec.given.pidfile ? {} : { pidfile }),
      // A new node of another fleet does not write into that one's log.
      ...(spec.given.logfile || !isKept ? {} : keptLog(believed)),
    },
  )
}

function keptLog({ logfile, plan }: NodeRecord): Known {
  // The form with %I in it, for pool processes, stands only on the worker's own command line. A command's --logfile is its own.
  const words = plan && plan.kind !== 'command' ? plan.argv : []
  const handedOn = words.find((word) => word.startsWith('--logfile='))?.slice('--logfile='.length)
  return { logfile, handedOn }
}

/** `--cmd:w1=…` says nothing of w2, which would become a Celery worker without an app. */
const withoutCommand = ({ short }: NodeSpec): UsageError =>
  usage(`other nodes of the line have a --cmd, and ${short} has none`, {
    argument: short,
    hint: `give it one too: --cmd:${short}=…, or --kind:${short}=celery`,
  })

/**
 * Options alone (`restart -c 8`) change how a node runs, not of which kind it is: an app would come back as a Celery worker, or
 * as what MULTI_CMD says. Nor does a Celery worker lose its app. (A command may get another program by MULTI_CMD.)
 */
function anotherProgram(
  context: Context,
  spec: NodeSpec,
  record: NodeRecord | undefined,
  plan: Planned['plan'],
): UsageError | undefined {
  const before = record?.plan
  if (!plan.ok || !before || saysWhatToRun(spec, {})) return undefined
  const lost = whatIsLost(before, plan.value, context.env)
  if (lost === undefined) return undefined
  const message = `${spec.name} was started ${lost[0]}, and this line does not say what to run: it would come back ${lost[1]}`
  const what = before.kind === 'command' ? 'program with --cmd' : 'app with -A'
  const hint = `name its ${what} too, or say --kind ${plan.value.kind}`
  return usage(message, { argument: spec.short, hint })
}

async function planOne(context: Context, read: NodeSpec): Promise<Planned> {
  const { spec, plan } = await planOf(read, context)
  for (const text of plan.ok ? (plan.value.notes ?? []) : []) context.emit({ event: 'note', target: spec, text })
  return { target: toTarget(spec), plan, defaultPidfile: !spec.given.pidfile }
}

/** The recorded plan, with the caller's environment: values are never recorded. */
async function asRecorded(
  context: Context,
  verb: 'start' | 'restart',
  { target, record }: Meant,
  spec: NodeSpec | undefined,
): Promise<Planned> {
  const { system } = context
  if (!record?.plan) return asItIs(target, notRecorded(target))
  // Whose it is counts for what stands in it now, and for nothing that was read before: its owner may have put it in another's place.
  const read = await readRecord(system, target.pidfile)
  if (!mayBeRun(system, read) || !read.record.plan) return asItIs(target, anotherUsers(target))
  // What was said when it was planned may not be so any more.
  const { environmentNames, notes: _said, ...plan } = read.record.plan
  const given = spec?.given.logfile ? spec : undefined
  const fleet = isSet(context.line.settings, '--fleet') ? context.fleet : target.fleet
  const now = { ...target, fleet, logfile: given ? given.logfile : read.record.logfile }
  const again = await renewed({ ...(given ? loggingTo(plan, given) : plan), ...now }, context)
  const gone = verb === 'restart' ? await unstartable(again, context) : undefined
  if (gone) return asItIs(now, gone)
  for (const text of again.notes ?? []) context.emit({ event: 'note', target: now, text })
  warnOfMissing(context, now, environmentNames)
  return { target: now, plan: ok(again), defaultPidfile: false }
}

type Told = Pick<LaunchPlan, 'kind' | 'argv' | 'env'>

/** With the log that the line names, where the worker is told of it: a command is only by its environment. */
function loggingTo<Plan extends Told>(plan: Plan, { logfile, options }: NodeSpec): Plan {
  const handedOn = options.find(({ name }) => name === '--logfile')?.value ?? logfile
  const [program, ...words] = plan.argv
  const at = plan.kind === 'command' ? -1 : words.findIndex((word) => word.startsWith('--logfile='))
  const argv = [program, ...(at < 0 ? words : words.with(at, `--logfile=${handedOn}`))] as const
  return { ...plan, argv, env: { ...plan.env, MULTI_LOGFILE: logfile } }
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

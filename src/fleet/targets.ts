import { type UsageError, usage } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { NodeSpec, Target } from '../model/spec.ts'
import { mayBeRun, type NodeRecord, readRecord } from '../node/record.ts'
import type { System } from '../system/port.ts'
import { groupBy } from './group-by.ts'

/** Which nodes a verb means, besides those that it names. */
export interface Selection {
  /** `--fleet`, or the directory of the call. */
  readonly fleet: string
  /** Whether it was said with `--fleet`. */
  readonly named: boolean
  /** `--all` */
  readonly all: boolean
  /** Names mean this fleet's nodes only: a start with options of its own is a new node, whatever namesakes there are elsewhere. */
  readonly ownOnly?: boolean
  /** Default host part of node names. */
  readonly hostname: string
}

/** One node that a verb means: what was recorded of it, if anything was. */
export interface Meant {
  readonly target: Target
  readonly record?: NodeRecord
  /** Why its record cannot be used: a clause. It is meant by its pidfile, and how it is to be started cannot be told. */
  readonly spoilt?: string
}

/** A recorded node whose record cannot be used. */
export interface PassedOver {
  readonly pidfile: AbsPath
  readonly why: string
}

const meant = (record: NodeRecord): Meant => ({ target: targetOf(record), record })

const targetOf = ({ name, short, fleet, pidfile, logfile }: NodeRecord): Target => ({
  name,
  short,
  fleet,
  pidfile,
  logfile,
})

/** The nodes of a line that names none: this fleet, or the only one there is. Whose the spoilt ones are nobody can say. */
export function fleetNodes(
  recorded: readonly NodeRecord[],
  selection: Selection,
  spoilt: readonly PassedOver[] = [],
): Result<Meant[], UsageError> {
  if (selection.all) return ok(recorded.map(meant))
  const own = recorded.filter(({ fleet }) => fleet === selection.fleet)
  if (own.length > 0) return ok(own.map(meant))
  const fleets = [...new Set(recorded.map(({ fleet }) => fleet))]
  if (selection.named) {
    return err(usage(`no fleet is called ${selection.fleet}`, { argument: '--fleet', hint: known(fleets) }))
  }
  const [unclear] = spoilt
  if (unclear) {
    const hint = 'name the nodes, or say --fleet or --all'
    return err(usage(`no node is named, and that of ${unclear.pidfile} may be of this fleet: ${unclear.why}`, { hint }))
  }
  if (fleets.length === 1) return ok(recorded.map(meant))
  if (fleets.length === 0)
    return err(
      usage('no node is named, and none was ever started from here', { hint: 'name the nodes: multi start w1 w2 …' }),
    )
  return err(
    usage(`no node is named, and no fleet was started from ${selection.fleet}`, {
      hint: `name the nodes, or --all, or one of these with --fleet: ${fleets.join(', ')}`,
    }),
  )
}

const known = (fleets: readonly string[]): string =>
  fleets.length === 0 ? 'none is recorded' : `recorded are: ${fleets.join(', ')}`

/** The named nodes: by their pidfile where the line names it, else by name among the recorded ones, else at the default path. */
export async function namedNodes(
  system: System,
  specs: readonly NodeSpec[],
  selection: Selection,
  recorded: readonly NodeRecord[],
  spoilt: readonly PassedOver[] = [],
): Promise<Result<Meant[], UsageError>> {
  const found: Meant[] = []
  const byFull = groupBy(recorded, ({ name }) => name)
  const byShort = groupBy(recorded, ({ short }) => short)
  for (const spec of specs) {
    const near = new Set([...(byFull.get(spec.name) ?? []), ...(byShort.get(spec.short) ?? [])])
    const one = spec.given.pidfile
      ? ok(await atPath(system, spec))
      : await byName(system, spec, selection, [...near], spoilt)
    if (!one.ok) return one
    found.push(one.value)
  }
  return ok(found)
}

/** A pidfile that is named is that very node; its record knows better than a default where its log is. */
async function atPath(system: System, spec: NodeSpec): Promise<Meant> {
  const read = await readRecord(system, spec.pidfile)
  const target = toTarget(spec)
  if (read.is !== 'record') return { target }
  const { record } = read
  // Another user's word is not taken for where root makes directories and gives files away.
  const known = !spec.given.logfile && mayBeRun(system, read)
  return { target: { ...target, fleet: record.fleet, ...(known ? { logfile: record.logfile } : {}) }, record }
}

export const toTarget = ({ name, short, fleet, pidfile, logfile }: NodeSpec): Target => ({
  name,
  short,
  fleet,
  pidfile,
  logfile,
})

async function byName(
  system: System,
  spec: NodeSpec,
  selection: Selection,
  recorded: readonly NodeRecord[],
  spoilt: readonly PassedOver[],
): Promise<Result<Meant, UsageError>> {
  const all = recorded.filter((record) => isCalled(record, spec, selection.hostname))
  const own = all.filter(({ fleet }) => fleet === selection.fleet)
  // The node of this directory's fleet is meant before a namesake elsewhere.
  const matches = selection.named || selection.ownOnly || own.length > 0 ? own : all
  const [only, ...others] = matches
  if (!only) return unrecorded(system, spec, selection, spoilt)
  if (others.length === 0) return ok(meant(only))
  return err(
    ambiguous(
      spec,
      matches.map(({ pidfile, fleet }) => `--pidfile=${pidfile} (fleet ${fleet})`),
    ),
  )
}

const ambiguous = ({ short }: NodeSpec, pidfiles: readonly string[]): UsageError =>
  usage(`${short} is the name of ${pidfiles.length} nodes`, {
    argument: short,
    hint: `say which: ${pidfiles.join(', ')}`,
  })

/** At the default path; but where only its spoilt record keeps it from being found by name, it is the one of that record. */
async function unrecorded(
  system: System,
  spec: NodeSpec,
  selection: Selection,
  spoilt: readonly PassedOver[],
): Promise<Result<Meant, UsageError>> {
  const there = await atPath(system, spec)
  if (there.record && !isCalled(there.record, spec, selection.hostname)) return err(namesake(spec, there.record))
  if (selection.named && !selection.ownOnly && there.record && there.record.fleet !== selection.fleet)
    return err(ofAnother(spec, there.record, selection))
  const its = there.record ? [] : spoilt.filter(({ pidfile }) => mayBeIts(pidfile, spec))
  const [only, ...others] = its
  if (!only || its.some(({ pidfile }) => pidfile === spec.pidfile)) return ok(there)
  if (others.length > 0)
    return err(
      ambiguous(
        spec,
        its.map(({ pidfile }) => `--pidfile=${pidfile}`),
      ),
    )
  return ok({ target: { ...there.target, pidfile: only.pidfile }, spoilt: only.why })
}

/** q@a and q@b are two, and have one default pidfile. */
const namesake = ({ name, short }: NodeSpec, { name: other, pidfile }: NodeRecord): UsageError =>
  usage(`${name} would have the pidfile of ${other}, ${pidfile}`, {
    argument: short,
    hint: `write ${other} if that is meant; else forget it first, or name another pidfile: --pidfile with %h in it`,
  })

const ofAnother = ({ short }: NodeSpec, { fleet }: NodeRecord, selection: Selection): UsageError =>
  usage(`${short} is of fleet ${fleet}, not of ${selection.fleet}`, {
    argument: '--fleet',
    hint: `say --fleet=${fleet}, or leave it out`,
  })

/** What pidfiles are called as a rule: %n.pid, or %h.pid. */
const mayBeIts = (pidfile: AbsPath, { name, short }: NodeSpec): boolean =>
  [short, name].includes(pidfile.slice(pidfile.lastIndexOf('/') + 1).replace(/\.pid$/, ''))

const isCalled = (record: NodeRecord, { name, short }: NodeSpec, hostname: string): boolean =>
  record.name === name || (name === `${short}@${hostname}` && record.short === short)

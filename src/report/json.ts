import type { FleetEvent } from '../model/events.ts'
import { exitCodeOf, type Failure } from '../model/failure.ts'
import type { Outcome } from '../model/outcome.ts'
import type { LaunchPlan } from '../model/spec.ts'
import { clean, mask, maskArgv } from './mask.ts'
import { outcomeFacts } from './outcome-facts.ts'
import { IT_IS_QUIET } from './outcome-lines.ts'
import type { StatusRow } from './status.ts'
import type { Reporter } from './text.ts'
import { tailOf, wording } from './wording.ts'

/** One JSON document. Keys come in a fixed order and are there even when they have no value: null. */
const document = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** `names`, `expand`: an array of strings. `get`: an object. */
export const listJson = (items: readonly string[]): string => document(items)
export const getJson = (value: Readonly<Record<string, unknown>>): string => document(value)

export const statusJson = (rows: readonly StatusRow[]): string =>
  document(
    rows.map((row) => ({
      name: row.name,
      state: row.state,
      pid: row.pid ?? null,
      kind: row.kind ?? null,
      uptimeSeconds: row.uptimeSeconds ?? null,
      startedAt: row.startedAt ?? null,
      pidfile: row.pidfile,
      logfile: row.logfile,
      argv: row.argv === undefined ? null : maskArgv(row.argv),
      fleet: row.fleet,
      note: row.note === undefined ? null : clean(row.note),
      cpu: row.cpu ?? null,
      memory: row.memory ?? null,
      jobs: row.jobs ?? null,
      heardSecondsAgo: row.heardSecondsAgo ?? null,
    })),
  )

/** Nothing is masked: this is how a node would be started. */
export const showJson = (plans: readonly LaunchPlan[]): string =>
  document(
    plans.map((plan) => ({
      name: plan.name,
      kind: plan.kind,
      argv: plan.argv,
      cwd: plan.cwd,
      env: plan.env,
      pidfile: plan.pidfile,
      logfile: plan.logfile,
      uid: plan.uid ?? null,
      gid: plan.gid ?? null,
      umask: plan.umask ?? null,
      why: plan.why,
      notes: plan.notes ?? [],
    })),
  )

/** It has a key of its own there. */
function withoutHint(failure: Failure): Failure {
  if (!('hint' in failure)) return failure
  const { hint: _, ...rest } = failure
  return rest
}

/** The one document when nothing else could be said. The caller prints errorText on stderr as well. */
export const errorJson = (failure: Failure): string =>
  document({
    error: {
      reason: failure.reason,
      message: wording(withoutHint(failure)),
      ...('argument' in failure ? { argument: failure.argument } : {}),
      ...('hint' in failure ? { hint: failure.hint } : {}),
      exitCode: exitCodeOf(failure),
    },
  })

export const outcomesJson = (outcomes: readonly Outcome[], notes: NotesByNode = new Map()): string =>
  document(outcomes.map((outcome) => outcomeJson(outcome, notes.get(outcome.target.pidfile) ?? [])))

/** By pidfile: two fleets may have nodes of one name. */
type NotesByNode = ReadonlyMap<string, readonly string[]>

function outcomeJson(outcome: Outcome, notes: readonly string[]): Record<string, unknown> {
  const failure = outcome.result === 'failed' ? outcome.failure : undefined
  const facts = outcomeFacts(outcome)
  return {
    name: outcome.target.name,
    result: outcome.result,
    pid: facts.pid ?? null,
    ms: Math.round(outcome.ms),
    /** Of the worker, where anyone saw it; not that of multi. */
    exitCode: facts.exit?.code ?? null,
    /** The one that was sent, or that ended it. */
    signal: facts.signal ?? facts.exit?.signal ?? null,
    reason: failure?.reason ?? null,
    message: failure === undefined ? null : wording(failure, outcome.target),
    logTail: failure !== undefined && 'logTail' in failure ? tailOf(failure) : null,
    readyBy: facts.readyBy ?? null,
    aliveMs: facts.aliveMs === undefined ? null : Math.round(facts.aliveMs),
    wasPid: facts.wasPid ?? null,
    differs: facts.differs ?? null,
    killed: facts.killed ?? null,
    jobsLost: facts.lost ?? null,
    jobsLeft: facts.left ?? null,
    said: facts.said ?? null,
    fleet: outcome.target.fleet,
    pidfile: outcome.target.pidfile,
    logfile: outcome.target.logfile,
    notes: [...notes, ...stateNotes(outcome)],
  }
}

/** What text says behind the OK of one that ran already. */
const stateNotes = (outcome: Outcome): readonly string[] =>
  outcome.result === 'already-running' && outcome.quiet ? [IT_IS_QUIET] : []

export interface JsonOptions {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Node names as they were asked for: nodes finish in any order, their rows come in this one. */
  readonly order?: readonly string[]
}

/** Keeps what happens until the end, then prints it as one document. */
export function jsonReporter({ out, err, order = [] }: JsonOptions): Reporter {
  const outcomes: Outcome[] = []
  const notes = new Map<string, string[]>()
  const rank = ({ target }: Outcome): number => {
    const at = order.indexOf(target.name)
    return at < 0 ? order.length : at
  }
  return {
    emit(event: FleetEvent) {
      if (event.event === 'outcome') outcomes.push(event.outcome)
      if (event.event !== 'note' && event.event !== 'alert') return
      if (event.event === 'alert' || event.target === undefined) err(`multi: ${clean(event.text)}\n`)
      else notes.set(event.target.pidfile, [...(notes.get(event.target.pidfile) ?? []), mask(event.text)])
    },
    end: () =>
      out(
        outcomesJson(
          outcomes.toSorted((a, b) => rank(a) - rank(b)),
          notes,
        ),
      ),
  }
}

import type { Emit } from '../model/events.ts'
import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Done, Outcome } from '../model/outcome.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Quieting, Target } from '../model/spec.ts'
import { wishPath } from '../node/files.ts'
import { Look } from '../node/look.ts'
import { newMemory } from '../node/memory.ts'
import { lastWordsPath, observe, type Seen } from '../node/observe.ts'
import { observeAbandoned } from '../node/observe-abandoned.ts'
import { mayBeRun } from '../node/record.ts'
import { type Heard, SILENT_AFTER_MS } from '../node/vitals.ts'
import type { System } from '../system/port.ts'

export type Wish = 'quiet' | 'resume'

export interface Telling {
  readonly system: System
  readonly emit: Emit
  readonly wish: Wish
  /** How long a worker may take to say that it has done so, ms. */
  readonly timeoutMs: number
  /** To be down is fine. */
  readonly mayBeDown: boolean
}

const FIRST_TICK_MS = 10
const LONGEST_TICK_MS = 200
const PROGRAM_TIMEOUT_MS = 30_000

/**
 * Tells one worker to take no more jobs, or to take them again, and waits until it says that it does. Nothing on disk
 * changes: what a worker takes is its own affair, and a restarted one takes jobs.
 */
export async function tell(target: Target, telling: Telling): Promise<Outcome> {
  const { system, emit } = telling
  const begun = system.now()
  const done = await told(target, telling)
  const end = done.ok ? done.value : { result: 'failed' as const, failure: done.error }
  const outcome: Outcome = { target, ms: system.now() - begun, ...end }
  emit({ event: 'outcome', outcome })
  return outcome
}

const look = (target: Target, { system }: Telling): Promise<Seen> => observe(new Look(system), target, newMemory())

async function told(target: Target, telling: Telling): Promise<Result<Done, Failure>> {
  // Also one that was started by a multi which could not record it any more.
  const seen = await observeAbandoned(new Look(telling.system), target, newMemory())
  const { state } = seen
  if (telling.wish === 'resume') await forgetWish(seen, telling)
  switch (state.state) {
    case 'running':
    case 'quiet':
      if (seen.vitals?.state === 'draining') return ending(state.identity.pid, telling)
      return hasIt(seen, telling.wish) && !isToBeTold(seen, telling)
        ? ok(doneAs(seen, telling.wish, true))
        : ask(target, seen, telling)
    case 'stopped':
    case 'stale':
      return telling.mayBeDown ? ok({ result: 'already-down' }) : err({ reason: 'not-running' })
    case 'draining':
      return ending(state.leader?.pid ?? 0, telling)
    case 'starting':
      return err({ reason: 'not-quieted', why: `it is still booting (pid ${state.identity.pid})` })
    case 'orphaned':
      return err({ reason: 'orphaned', pgid: state.group.pgid, members: state.group.evidence.map(({ pid }) => pid) })
    case 'foreign':
      return err({ reason: 'foreign', host: state.host })
    case 'unknown':
      return err({ reason: 'unknown', why: state.why, path: target.pidfile })
  }
}

/** Asked by multi or by somebody else, it takes no more jobs, and will not take any again. */
const ending = (pid: number, { wish }: Telling): Result<Done, Failure> =>
  wish === 'quiet'
    ? ok({ result: 'draining', pid })
    : err({ reason: 'not-quieted', why: 'it is shutting down; multi restart brings it back' })

/** One that a killed stopwait left, and the worker has not yet taken, would have it quiet a moment later. */
async function forgetWish({ recordRead }: Seen, { system }: Telling): Promise<void> {
  const words = lastWordsPath(system, recordRead)
  if (words) await system.remove(wishPath(words))
}

/** Even where it says that it does so: it may just be about to do the opposite, and this changes nothing twice. */
const isToBeTold = (seen: Seen, telling: Telling): boolean =>
  seen.record?.plan?.quiet?.by === 'signal' || wishOf(seen, telling) !== undefined

/** Where a wish is made to this worker and no other, if it says that it would do it, and its record is ours. */
function wishOf({ vitals, recordRead }: Seen, { system, wish }: Telling): AbsPath | undefined {
  if (!vitals?.heeds?.includes(wish) || vitals.heardMs >= SILENT_AFTER_MS) return undefined
  const words = lastWordsPath(system, recordRead)
  return words && wishPath(words)
}

/** By its own word, if that is not old: a silent worker may have come to anything since. */
const hasIt = ({ state, vitals }: Seen, wish: Wish): boolean =>
  vitals !== undefined &&
  vitals.heardMs < SILENT_AFTER_MS &&
  (wish === 'quiet' ? state.state === 'quiet' : state.state === 'running' && isBack(vitals))

/** On all of the queues that it had, as far as it knows any. */
const isBack = ({ state, loud, home = [], queues }: Heard): boolean =>
  state !== 'draining' && !loud && home.every((name) => queues?.includes(name) ?? true)

const doneAs = ({ launch, vitals }: Seen, wish: Wish, said: boolean): Done => ({
  result: wish === 'quiet' ? 'quieted' : 'resumed',
  pid: launch?.identity.pid ?? 0,
  said,
  ...(vitals ? { left: vitals.active + vitals.reserved } : {}),
})

async function ask(target: Target, seen: Seen, telling: Telling): Promise<Result<Done, Failure>> {
  const place = wishOf(seen, telling)
  if (place) return wished(target, place, seen, telling)
  const way = seen.record?.plan?.quiet
  if (!way) return err({ reason: 'not-quieted', why: 'this kind of worker cannot be told to take no more jobs' })
  if (way.by === 'program' && !mayBeRun(telling.system, seen.recordRead)) {
    return err({ reason: 'not-quieted', why: 'its record belongs to another user, whose program is not run' })
  }
  const askedAt = telling.system.wall()
  const asked = way.by === 'signal' ? await bySignal(way, seen, telling) : await byProgram(way, seen, telling)
  if (asked) return err(asked)
  // A mute one was told; that it obeyed nobody can know.
  return seen.vitals ? confirmed(target, askedAt, seen, telling) : ok(doneAs(seen, telling.wish, false))
}

/** By a link beside its vitals, which nobody but this worker reads: multi-worker(7). */
async function wished(target: Target, place: AbsPath, seen: Seen, telling: Telling): Promise<Result<Done, Failure>> {
  const { system, wish } = telling
  const askedAt = system.wall()
  const made = await makeWish(wish, place, system)
  if (!made.ok) {
    const { call, path = place, code } = made.error
    return err({ reason: 'system', what: `ask ${target.name}`, call, path, code })
  }
  const done = await confirmed(target, askedAt, seen, telling)
  if (!done.ok && wish === 'quiet') await callOff(target, place, seen, telling)
  return done
}

/** One before it that the worker has not taken, such as a killed stopwait leaves, counts no more. */
async function makeWish(text: Wish, place: AbsPath, system: System): ReturnType<System['symlink']> {
  for (let times = 0; ; times += 1) {
    await system.remove(place)
    const made = await system.symlink(text, place)
    // Another command was faster, and did the same.
    if (made.ok || made.error.code !== 'EEXIST' || times >= 3) return made
  }
}

/** It is said not to be quiet: then it shall not be so later, when it comes to read what it was asked. */
async function callOff(target: Target, place: AbsPath, { vitals }: Seen, telling: Telling): Promise<void> {
  const { state } = await look(target, telling)
  const lives = state.state === 'running' || state.state === 'quiet'
  // What it heeded when it was asked: without its broker it heeds nothing now, and remembers what it was asked.
  if (lives && vitals?.heeds?.includes('resume')) await makeWish('resume', place, telling.system)
  else await telling.system.remove(place)
}

async function bySignal(
  way: Extract<Quieting, { by: 'signal' }>,
  { launch }: Seen,
  { system, wish }: Telling,
): Promise<Failure | undefined> {
  if (!launch) return { reason: 'not-running' }
  const { identity } = launch
  const answer = await system.signal(identity, way[wish])
  if (answer === 'denied') return { reason: 'denied', what: `send ${way[wish]} to pid ${identity.pid}` }
  return answer === 'sent' ? undefined : { reason: 'not-running' }
}

/** Once for each queue, through the worker's own remote control. */
async function byProgram(
  way: Extract<Quieting, { by: 'program' }>,
  { vitals, record }: Seen,
  { system, wish }: Telling,
): Promise<Failure | undefined> {
  // To be resumed is what it took jobs from at first; a quiet one takes them from nothing any more.
  const queues = (wish === 'quiet' ? vitals?.queues : vitals?.home) ?? way.queues
  for (const queue of queues) {
    const cwd = record?.plan?.cwd
    const ran = await system.run([...way[wish], queue], { timeoutMs: PROGRAM_TIMEOUT_MS, ...(cwd ? { cwd } : {}) })
    if (ran.code === 0) continue
    const output = `${ran.stdout}\n${ran.stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-5)
    const last = output.at(-1) ?? ran.fault ?? 'it said nothing'
    return { reason: 'not-quieted', why: `its remote control could not be reached (${last.trim()})`, output }
  }
  return undefined
}

/** `askedAt`: ms since the epoch. That it cannot is an answer if it had not said so of the last time. */
async function confirmed(
  target: Target,
  askedAt: number,
  { vitals: before }: Seen,
  telling: Telling,
): Promise<Result<Done, Failure>> {
  const { system, wish, timeoutMs } = telling
  const since = before?.loud ? Math.max(before.updatedAt, askedAt) : 0
  const deadline = system.now() + timeoutMs
  for (let tick = FIRST_TICK_MS; ; tick = Math.min(LONGEST_TICK_MS, tick * 1.5)) {
    const seen = await look(target, telling)
    if (hasIt(seen, wish)) return ok(doneAs(seen, wish, true))
    if (seen.state.state !== 'running' && seen.state.state !== 'quiet') return err({ reason: 'not-running' })
    if (wish === 'quiet' && seen.vitals?.loud && seen.vitals.updatedAt > since)
      return err({ reason: 'not-quieted', why: 'it cannot, and goes on taking jobs: its log says why' })
    if (system.interruptions().length > 0) return err({ reason: 'interrupted', state: seen.state.state })
    if (system.now() >= deadline) {
      const what = wish === 'quiet' ? 'to take no more jobs' : 'to take jobs again'
      return err({ reason: 'not-quieted', why: `it was told ${what} and does not say that it does; ask multi status` })
    }
    await system.rest(tick)
  }
}

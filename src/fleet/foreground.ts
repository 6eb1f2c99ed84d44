import type { Outcome } from '../model/outcome.ts'
import type { Exit, Identity } from '../model/process.ts'
import type { Target } from '../model/spec.ts'
import { readRecord } from '../node/record.ts'
import type { System } from '../system/port.ts'
import { type Pursuit, pursue } from './pursue.ts'

const LOOK_MS = 200

/** What a child's end needs to be told: libuv reaps it first, and says so in a later turn of the event loop. */
const TURNS = 20
const BETWEEN_TURNS_MS = 10

interface Companion {
  readonly target: Target
  readonly identity: Identity
}

/** How those that this command stayed with ended, and of which of them something is left. */
interface Ended {
  readonly exits: readonly Exit[]
  readonly left: readonly Outcome[]
}

/**
 * Stays with workers that write to our terminal until they have exited, and hands INT, TERM and HUP on to them. They are in
 * sessions of their own, so that a Ctrl-C reaches each of them once, through us, and not twice.
 */
export async function stayWith(outcomes: readonly Outcome[], pursuit: Pursuit): Promise<Ended> {
  const { system } = pursuit
  const companions = await companionsOf(outcomes, system)
  let forwarded = 0
  while (await anyLeft(companions, system)) {
    const fresh = system.interruptions().slice(forwarded)
    forwarded += fresh.length
    for (const signal of fresh) for (const { identity } of companions) await system.signal(identity, signal)
    await system.rest(LOOK_MS)
  }
  const left = await clearUp(companions, pursuit)
  // Gone is not told: it may be reaped in one turn of the event loop, and said in another.
  for (let turns = 0; turns < TURNS && !companions.every(({ identity }) => system.exitOf(identity)); turns++)
    await system.rest(BETWEEN_TURNS_MS)
  const exits = companions.map(({ target, identity }) => {
    const exit = system.exitOf(identity) ?? {}
    if (exit.code !== 0) pursuit.emit({ event: 'note', target, text: `ended ${manner(exit)} (pid ${identity.pid})` })
    return exit
  })
  return { exits, left }
}

/**
 * Exited, as they were asked to or not: what is wanted is recorded, what they left gets TERM, and their pidfiles go. What somebody
 * else has started in their place meanwhile is left alone. Answers of whom something is still there, because that was not waited for.
 */
async function clearUp(companions: readonly Companion[], pursuit: Pursuit): Promise<Outcome[]> {
  const { emit, system } = pursuit
  const common = { goal: 'down', wait: true, atLimit: [], orphanGraceMs: 0, wanted: 'down' } as const
  const tasks = companions.map(({ target, identity }) => ({ target, goals: [{ ...common, only: identity }] as const }))
  const outcomes = await pursue(tasks, {
    ...pursuit,
    interruptionsBefore: system.interruptions().length,
    emit: (event) => {
      if (event.event === 'waiting' || (event.event === 'outcome' && event.outcome.result === 'failed')) emit(event)
    },
  })
  return outcomes.filter(({ result }) => result === 'failed')
}

function manner({ code, signal }: Exit): string {
  if (signal !== undefined) return `by SIG${signal}`
  return code === undefined ? 'nobody knows how' : `with exit code ${code}`
}

/** Those that were started, and those that this command has launched and did not wait for: it was interrupted, or waited too long. */
async function companionsOf(outcomes: readonly Outcome[], system: System): Promise<Companion[]> {
  const companions: Companion[] = []
  for (const { target, result } of outcomes) {
    const read = result === 'started' || result === 'failed' ? await readRecord(system, target.pidfile) : undefined
    const identity = read?.is === 'record' ? read.record.launch?.identity : undefined
    if (identity && (await isOurChild(identity, result === 'started', system))) companions.push({ target, identity })
  }
  return companions
}

/** Whom the record names may be another's by now. One that failed and is gone has been told of. */
async function isOurChild(identity: Identity, started: boolean, system: System): Promise<boolean> {
  if (system.exitOf(identity)) return started
  const read = await system.process(identity.pid)
  if (read.found !== 'process' || read.facts.startTicks !== identity.startTicks) return false
  return read.facts.ppid === system.self.identity.pid
}

async function anyLeft(companions: readonly Companion[], system: System): Promise<boolean> {
  for (const { identity } of companions) {
    // They are our children: each stays a zombie until we have been told how it ended.
    if (system.exitOf(identity)) continue
    const read = await system.process(identity.pid)
    if (read.found === 'process' && read.facts.startTicks === identity.startTicks) return true
  }
  return false
}

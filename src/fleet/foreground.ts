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

/**
 * Stays with workers that write to our terminal until they have exited, and hands INT, TERM and HUP on to them. They are in
 * sessions of their own, so that a Ctrl-C reaches each of them once, through us, and not twice. Answers how they ended.
 */
export async function stayWith(started: readonly Outcome[], pursuit: Pursuit): Promise<Exit[]> {
  const { system } = pursuit
  const companions = await companionsOf(started, system)
  let forwarded = 0
  while (await anyLeft(companions, system)) {
    const fresh = system.interruptions().slice(forwarded)
    forwarded += fresh.length
    for (const signal of fresh) for (const { identity } of companions) await system.signal(identity, signal)
    await system.rest(LOOK_MS)
  }
  // Exited, as they were asked to or not: what is wanted is recorded, and their pidfiles go.
  const goals = [{ goal: 'down', wait: true, atLimit: [], orphanGraceMs: 0, wanted: 'down' }] as const
  const quietly = { ...pursuit, emit: () => undefined, heedInterruptions: false }
  await pursue(
    companions.map(({ target }) => ({ target, goals })),
    quietly,
  )
  // Gone is not told: it may be reaped in one turn of the event loop, and said in another.
  for (let turns = 0; turns < TURNS && !companions.every(({ identity }) => system.exitOf(identity)); turns++)
    await system.rest(BETWEEN_TURNS_MS)
  return companions.map(({ target, identity }) => {
    const exit = system.exitOf(identity) ?? {}
    if (exit.code !== 0) pursuit.emit({ event: 'note', target, text: `ended ${manner(exit)} (pid ${identity.pid})` })
    return exit
  })
}

function manner({ code, signal }: Exit): string {
  if (signal !== undefined) return `by SIG${signal}`
  return code === undefined ? 'nobody knows how' : `with exit code ${code}`
}

async function companionsOf(started: readonly Outcome[], system: System): Promise<Companion[]> {
  const companions: Companion[] = []
  for (const { target, result } of started) {
    const read = result === 'started' ? await readRecord(system, target.pidfile) : undefined
    if (read?.is === 'record' && read.record.launch) companions.push({ target, identity: read.record.launch.identity })
  }
  return companions
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

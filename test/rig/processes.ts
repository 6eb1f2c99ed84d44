import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** One process and no other: a pid is used again sooner or later, its start time (proc(5), field 22 of stat) is not. */
export interface Process {
  readonly pid: number
  readonly ppid: number
  readonly pgrp: number
  readonly session: number
  /** The state letter: T is suspended, Z is dead, if that was its last thread. */
  readonly state: string
  readonly threads: number
  readonly startTicks: number
}

/** What /proc says of a process; a zombie is there, in state Z. */
export function processOf(pid: number): Process | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The name in parentheses may hold anything, closing parentheses too.
  const [state = '', ppid, pgrp, session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    pid,
    ppid: Number(ppid),
    pgrp: Number(pgrp),
    session: Number(session),
    state,
    threads: Number(rest[13]),
    startTicks: Number(rest[15]),
  }
}

/** A millisecond apart: of somebody who has wiped out both. */
const MOST_LOOKS = 5000
/** Only to wait on, synchronously. */
const nothing = new Int32Array(new SharedArrayBuffer(4))

const isDead = ({ state, threads }: Process): boolean => state === 'X' || (state === 'Z' && threads <= 1)

/** Alive, and not a zombie; with a start time: that very process. */
export function isAlive(pid: number, startTicks?: number): boolean {
  const found = processOf(pid)
  return found !== undefined && !isDead(found) && (startTicks === undefined || found.startTicks === startTicks)
}

export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

/** Every live process whose environment holds this entry (`NAME=value`). */
export function processesWith(entry: string): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => carries(pid, entry))
    .map(processOf)
    .filter((found) => found !== undefined)
    .filter((found) => !isDead(found))
}

function carries(pid: number, entry: string): boolean {
  try {
    return `\0${environmentOf(pid)}`.includes(`\0${entry}\0`)
  } catch {
    return false // Gone, or another user's.
  }
}

/**
 * In the middle of execve(2) a process has neither environment nor command line, though its parent may have been told already
 * that it went well: another look is due. Kernel threads have no program, and the dead have nothing for good.
 */
function environmentOf(pid: number): string {
  for (let looks = 1; ; looks += 1) {
    const text = readFileSync(`/proc/${pid}/environ`, 'latin1')
    const isThere = text !== '' || commandLineOf(pid) !== '' || !existsSync(`/proc/${pid}/exe`)
    if (isThere || looks === MOST_LOOKS) return text
    Atomics.wait(nothing, 0, 0, 1)
  }
}

/** KILL, if it is still that very process. */
export function end({ pid, startTicks }: Process): void {
  if (!isAlive(pid, startTicks)) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was faster.
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { cpuOfCommands } from './cpu.ts'
import type { Command } from './peer.ts'
import { carriers, type Found, TOKEN } from './processes.ts'
import { WORKER } from './watch.ts'

/** Of the kind that pidfiles are on: /run is a tmpfs. `TMPDIR=/var/tmp` measures another. */
export const BASE = process.env['TMPDIR'] ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

const PATIENCE_MS = 120_000
const LAST_WORDS = 2000

/** One command: when it was started and when it returned, and what it used meanwhile. */
export interface Run {
  readonly began: number
  readonly ended: number
  readonly ms: number
  readonly cpu: number
}

/** A scratch directory, in which all sides keep all their files: the same file system for the same work. */
export class Stage {
  readonly #directory = mkdtempSync(join(BASE, 'multi-bench-'))
  readonly #words = join(this.#directory, 'output')
  #env: NodeJS.ProcessEnv = {}
  #isClosed = false

  readonly token = `${process.pid}-${Date.now()}`

  /** An empty directory for one fleet. */
  directory(): string {
    const fleet = join(this.#directory, 'fleet')
    rmSync(fleet, { recursive: true, force: true })
    mkdirSync(fleet)
    this.useEnvironment({})
    return fleet
  }

  /** Nothing but what is needed, and this. */
  useEnvironment(env: NodeJS.ProcessEnv): void {
    const path = [process.env['PATH'], '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter)
    this.#env = { PATH: path, HOME: this.#directory, ...env, [TOKEN]: this.token }
  }

  /** Whole process, timed from outside. What it prints goes into a file, and is seen only if it fails. */
  async run([program, ...args]: Command, code = 0): Promise<Run> {
    const [cpu, began] = [cpuOfCommands(), performance.now()]
    const child = this.spawn([program, ...args])
    const [status, signal] = await once(child, 'exit')
    const ended = performance.now()
    if (status !== code) {
      const line = [program, ...args.slice(0, 8)].join(' ')
      throw new Error(
        `${line} ended with ${signal ?? status}:\n${readFileSync(this.#words, 'utf8').slice(-LAST_WORDS)}`,
      )
    }
    return { began, ended, ms: ended - began, cpu: cpuOfCommands() - cpu }
  }

  spawn([program, ...args]: Command): ChildProcess {
    if (this.#isClosed) throw new Error('interrupted')
    const words = openSync(this.#words, 'w')
    try {
      return spawn(program, args, { cwd: this.#directory, env: this.#env, stdio: ['ignore', words, words] })
    } finally {
      closeSync(words)
    }
  }

  /** Exactly these many workers, and nobody else of those who keep no daemon. Returns the workers and the others. */
  expectWorkers(count: number, isWithDaemon: boolean): { readonly workers: Found[]; readonly others: Found[] } {
    const all = carriers(this.token)
    const workers = all.filter(({ command }) => command === WORKER)
    const others = all.filter(({ command }) => command !== WORKER)
    if (workers.length !== count || others.length > 0 !== isWithDaemon) {
      const rest = others.map(({ command }) => command).join(' ')
      throw new Error(`${count} workers expected, ${workers.length} are there; besides: ${rest || 'nobody'}`)
    }
    return { workers, others }
  }

  /** Until nobody of ours is there any more. */
  async untilNothing(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    for (let alive = carriers(this.token); alive.length > 0; alive = carriers(this.token)) {
      if (performance.now() > deadline) throw new Error(`left: ${JSON.stringify(alive.slice(0, 5))}`)
      await rest(20)
    }
  }

  /** Also after a failure: only what carries our token is killed, each by its pid, until supervisors start no more. */
  async killAll(): Promise<void> {
    for (let alive = carriers(this.token); alive.length > 0; alive = carriers(this.token)) {
      // Supervisors first: else they start what is killed again.
      for (const isWorker of [false, true]) {
        for (const { pid } of alive.filter(({ command }) => (command === WORKER) === isWorker)) kill(pid)
      }
      await rest(20)
    }
  }

  /** The end: nothing is started after it. */
  async clear(): Promise<void> {
    this.#isClosed = true
    await this.killAll()
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended meanwhile.
  }
}

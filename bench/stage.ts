import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { carriers, type Found, TOKEN } from './processes.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const WORKER = 'sleep 3600'

/** Of the kind that pidfiles are on: /run is a tmpfs. `TMPDIR=/var/tmp` measures another. */
export const BASE = process.env['TMPDIR'] ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

/** A scratch directory, in which both sides keep all their files: the same file system for the same work. */
export class Stage {
  readonly #directory = mkdtempSync(join(BASE, 'multi-bench-'))
  readonly #token = `${process.pid}-${Date.now()}`
  readonly #bare = join(this.#directory, 'bare')
  readonly #run = join(this.#directory, 'run')
  readonly #environment = {
    PATH: process.env['PATH'],
    HOME: this.#directory,
    MULTI_RUN_DIR: this.#run,
    MULTI_LOG_DIR: join(this.#directory, 'log'),
    MULTI_STATE_DIR: join(this.#directory, 'state'),
    [TOKEN]: this.#token,
  }

  constructor() {
    mkdirSync(this.#bare)
  }

  /** Whole process, measured from outside, ms. */
  node(...line: string[]): number {
    const before = process.hrtime.bigint()
    const { status, stdout, stderr } = spawnSync(process.execPath, line, {
      cwd: this.#directory,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
    const ms = Number(process.hrtime.bigint() - before) / 1e6
    if (status !== 0) throw new Error(`${line.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
    return ms
  }

  multi(...line: string[]): number {
    return this.node(here('../bin/multi.js'), ...line)
  }

  bareStart(count: number): number {
    return this.node(here('bare-start.mjs'), String(count), this.#bare)
  }

  bareStop(): number {
    return this.node(here('bare-stop.mjs'), this.#bare)
  }

  /** Exactly these many workers, each named by its own pidfile, and nobody else of ours: nothing stays resident. */
  expectBareWorkers(count: number): void {
    this.#expectWorkers(this.#bare, count)
  }

  /** The same, and each with a record that holds the verified identity of that very process. */
  expectWorkers(count: number): void {
    for (const [name, { pid, startTicks }] of this.#expectWorkers(this.#run, count)) {
      const record = JSON.parse(readFileSync(join(this.#run, `.${name}.multi.json`), 'utf8'))
      const { identity } = record.launch
      if (identity.pid !== pid || identity.startTicks !== startTicks) throw new Error(`${name}: a record of another`)
    }
  }

  #expectWorkers(directory: string, count: number): Map<string, Found> {
    const alive = new Map(carriers(this.#token).map((found) => [found.pid, found]))
    const workers = new Map<string, Found>()
    for (const name of pidfilesIn(directory)) {
      const found = alive.get(Number(readFileSync(join(directory, name), 'latin1')))
      if (found?.command === 'sleep') workers.set(name, found)
    }
    if (workers.size !== count || alive.size !== count) {
      throw new Error(`${count} workers expected; ${workers.size} have pidfiles, ${alive.size} processes are there`)
    }
    return workers
  }

  /** No process and no pidfile, beside the records nothing where pidfiles are, and no worker's last words. */
  expectNothing(): void {
    const alive = carriers(this.#token)
    const files = [...pidfilesIn(this.#bare), ...pidfilesIn(this.#run)]
    const names = existsSync(this.#run) ? readdirSync(this.#run, { recursive: true, encoding: 'utf8' }) : []
    const litter = names.filter((name) => !name.endsWith('.multi.json') && !/^vitals(\/\d+)?$/.test(name))
    if (alive.length + files.length + litter.length > 0) {
      throw new Error(`left: ${JSON.stringify({ alive, files, litter })}`)
    }
  }

  /** Also after a failure: only what carries our token is killed, each by its pid. */
  clear(): void {
    for (const { pid } of carriers(this.#token)) process.kill(pid, 'SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

const pidfilesIn = (directory: string): string[] =>
  existsSync(directory) ? readdirSync(directory).filter((name) => /^[^.].*\.pid$/.test(name)) : []

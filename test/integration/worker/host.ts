import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { parseVitals, type Vitals } from '../../../src/model/vitals.ts'
import { until } from '../../rig/until.ts'

const multi = fileURLToPath(new URL('../../../bin/multi.js', import.meta.url))

export class Host {
  readonly pid: number
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  readonly #child: ChildProcess
  #output = ''

  constructor(child: ChildProcess) {
    this.#child = child
    this.pid = child.pid ?? 0
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.#output += String(chunk)))
    // `close`, not `exit`: by then all output has been read.
    this.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })))
  }

  get output(): string {
    return this.#output
  }

  /** Resolves when the host has printed it, fails when it ends without. */
  async says(text: string): Promise<void> {
    const heard = new Promise<true>((resolve) => {
      const look = () => this.#output.includes(text) && resolve(true)
      this.#child.stdout?.on('data', look)
      look()
    })
    if ((await Promise.race([heard, this.ended])) === true || this.#output.includes(text)) return
    throw new Error(`ended without saying ${text}:\n${this.#output}`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Until it has printed that so many times. */
  async saysTimes(text: string, times: number): Promise<void> {
    await until(() => this.#output.split(text).length > times, `${times} times ${text}, in:\n${this.#output}`)
  }

  /** Apps of these tests go on when something comes in on stdin. */
  goOn(): void {
    this.#child.stdin?.write('\n')
  }
}

/** A folder for the apps of one test file, and the host that runs them. */
export class Rig {
  readonly directory = mkdtempSync(join(tmpdir(), 'multi-host-'))
  readonly pidfile = join(this.directory, 'w1.pid')
  readonly vitalsFile = join(this.directory, 'vitals.json')

  app(name: string, source: string): string {
    const file = join(this.directory, name)
    writeFileSync(file, source)
    return file
  }

  start(app: string, options: readonly string[] = [], node: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Host {
    return this.#spawn(app, options, node, env)
  }

  /** With a file for its stdout and stderr, as multi starts workers: its output is then read there. */
  startLogged(app: string, log: string, options: readonly string[], env: NodeJS.ProcessEnv = {}): Host {
    const fd = openSync(log, 'a')
    try {
      return this.#spawn(app, options, [], env, fd)
    } finally {
      closeSync(fd)
    }
  }

  #spawn(app: string, options: readonly string[], node: readonly string[], env: NodeJS.ProcessEnv, log?: number): Host {
    const line = [...node, multi, 'worker', '-A', app, '-n', 'w1@h', `--pidfile=${this.pidfile}`, ...options]
    const MULTI_VITALS = this.vitalsFile
    rmSync(this.vitalsFile, { force: true })
    // A group of its own, as multi starts workers; its children are in it, so that none outlives the test.
    const child = spawn(process.execPath, line, {
      cwd: this.directory,
      detached: true,
      stdio: ['pipe', log ?? 'pipe', log ?? 'pipe'],
      env: { ...process.env, MULTI_INDEX: '7', MULTI_VITALS, ...env },
    })
    const exited = new Promise((resolve) => child.once('exit', resolve).once('error', resolve))
    onTestFinished(async () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // All of it is gone.
      }
      // Its pidfile is in the way of the next one as long as it lives.
      await exited
    })
    return new Host(child)
  }

  /** What the worker says of itself; undefined as long as it has said nothing. */
  vitals(): Vitals | undefined {
    return existsSync(this.vitalsFile) ? parseVitals(readFileSync(this.vitalsFile, 'utf8')) : undefined
  }

  /** Until what the worker says of itself is that. */
  saysOfItself(what: string, is: (vitals: Vitals) => boolean): Promise<Vitals> {
    return until(
      () => {
        const vitals = this.vitals()
        return vitals !== undefined && is(vitals) ? vitals : undefined
      },
      `${what}; it says ${JSON.stringify(this.vitals())}`,
    )
  }

  state(state: Vitals['state']): Promise<Vitals> {
    return this.saysOfItself(state, (vitals) => vitals.state === state)
  }

  read(name: string): string {
    const file = join(this.directory, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** A folder of another user's, in a place that everybody may enter. */
  ownedBy(uid: number): string {
    chmodSync(this.directory, 0o755)
    const folder = join(this.directory, String(uid))
    mkdirSync(folder, { recursive: true })
    chownSync(folder, uid, uid)
    return folder
  }

  /** A child of a pool that was killed may still be writing its last words; `maxRetries` of rmSync does not look again what is there. */
  async remove(): Promise<void> {
    await until(() => {
      try {
        rmSync(this.directory, { recursive: true, force: true })
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return false
        throw error
      }
    }, `${this.directory} to be empty`)
  }
}

/** Source of a promise that waits for stdin. */
export const STDIN = "new Promise((resolve) => process.stdin.once('data', resolve))"

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const multi = fileURLToPath(new URL('../../../bin/multi.js', import.meta.url))

export class Host {
  readonly pid: number
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  readonly #child: ChildProcessWithoutNullStreams
  #output = ''

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    this.pid = child.pid ?? 0
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.#output += String(chunk)))
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
      this.#child.stdout.on('data', look)
      look()
    })
    if ((await Promise.race([heard, this.ended])) === true || this.#output.includes(text)) return
    throw new Error(`ended without saying ${text}:\n${this.#output}`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Apps of these tests go on when something comes in on stdin. */
  goOn(): void {
    this.#child.stdin.write('\n')
  }
}

/** A folder for the apps of one test file, and the host that runs them. */
export class Rig {
  readonly directory = mkdtempSync(join(tmpdir(), 'multi-host-'))
  readonly pidfile = join(this.directory, 'w1.pid')

  app(name: string, source: string): string {
    const file = join(this.directory, name)
    writeFileSync(file, source)
    return file
  }

  start(app: string, options: readonly string[] = [], node: readonly string[] = []): Host {
    const line = [...node, multi, 'worker', '-A', app, '-n', 'w1@h', `--pidfile=${this.pidfile}`, ...options]
    const child = spawn(process.execPath, line, { cwd: this.directory })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    return new Host(child)
  }

  /** A folder of another user's, in a place that everybody may enter. */
  ownedBy(uid: number): string {
    chmodSync(this.directory, 0o755)
    const folder = join(this.directory, String(uid))
    mkdirSync(folder, { recursive: true })
    chownSync(folder, uid, uid)
    return folder
  }

  remove(): void {
    rmSync(this.directory, { recursive: true })
  }
}

/** Source of a promise that waits for stdin. */
export const STDIN = "new Promise((resolve) => process.stdin.once('data', resolve))"

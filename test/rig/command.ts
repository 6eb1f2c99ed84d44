import { type ChildProcess, spawn } from 'node:child_process'
import { until } from './until.ts'

/** A program that has ended. */
export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Of stdout, without the empty one at the end. */
  readonly lines: readonly string[]
  /** stdout as one JSON document, and nothing else. */
  readonly json: () => unknown
}

export interface Started {
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** What it reads on stdin; nothing otherwise. */
  readonly input?: string | undefined
  /** Its stdin stays open, for `type`. */
  readonly typing?: boolean | undefined
}

/** A program that the rig has started, and what it has said so far. */
export class Running {
  readonly pid: number
  readonly argv: readonly string[]
  /** When all its output has been read, too: a worker that held our pipe open would hold this up. */
  readonly ended: Promise<Finished>
  readonly #child: ChildProcess
  stdout = ''
  stderr = ''
  finished: Finished | undefined

  constructor({ argv: [program, ...args], cwd, env, input, typing = false }: Started) {
    this.argv = [program, ...args]
    this.#child = spawn(program, args, {
      cwd,
      env,
      stdio: [input !== undefined || typing ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
    this.pid = this.#child.pid ?? 0
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    if (!typing) this.#child.stdin?.end(input)
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => resolve((this.finished = this.#finish(code, signal))))
    })
    this.ended.catch(() => undefined) // Whoever awaits it hears of it.
  }

  #finish(code: number | null, signal: NodeJS.Signals | null): Finished {
    const { stdout, stderr } = this
    return {
      code,
      signal,
      stdout,
      stderr,
      lines: stdout.replace(/\n$/, '').split('\n'),
      json: () => JSON.parse(stdout) as unknown,
    }
  }

  /** Until it has printed that, on stdout or stderr; fails if it ends without. */
  async waitFor(pattern: RegExp): Promise<void> {
    await until(
      () => {
        if (pattern.test(this.stdout) || pattern.test(this.stderr)) return true
        if (this.finished) throw new Error(`ended without saying ${String(pattern)}`)
        return false
      },
      `${this.argv.join(' ')} to say ${String(pattern)}`,
    )
  }

  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { carriers, TOKEN } from './processes.ts'
import { BASE } from './stage.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const MULTI = here('../bin/multi.js')
const PYTHON = process.env['MULTI_TEST_PYTHON'] ?? '/usr/bin/python3'
const PATIENCE_MS = 60_000

/** A worker that has jobs, and leads its group. */
export interface Worker {
  readonly pid: number
  /** How many jobs it says that it has done; undefined when it says nothing. */
  done(): number | undefined
  stop(): Promise<void>
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await rest(20)
  }
}

/** Where the workers of the benchmark are, one after the other. */
export class Voices {
  readonly #directory = mkdtempSync(join(BASE, 'multi-voice-'))
  readonly #token = `${process.pid}-${Date.now()}`
  readonly #socket = join(this.#directory, 'redis')
  readonly #vitals = join(this.#directory, 'vitals.json')
  readonly #env: NodeJS.ProcessEnv = {
    PATH: `${dirname(PYTHON)}:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: this.#directory,
    PYTHONDONTWRITEBYTECODE: '1',
    SPT_NOENV: '1', // Celery's title would hide the token.
    BROKER_URL: `redis+socket://${this.#socket}`,
    MULTI_RUN_DIR: join(this.#directory, 'run'),
    MULTI_LOG_DIR: join(this.#directory, 'log'),
    MULTI_STATE_DIR: join(this.#directory, 'state'),
    [TOKEN]: this.#token,
  }

  #redis: ChildProcess | undefined

  constructor() {
    mkdirSync(join(this.#directory, 'log'))
  }

  #begin(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = here('.')): ChildProcess {
    return spawn(program, args, { cwd, env: { ...this.#env, ...env }, detached: true, stdio: 'ignore' })
  }

  async startRedis(): Promise<void> {
    const listen = ['--port', '0', '--unixsocket', this.#socket, '--save', '']
    // It goes with us, however we end: its title hides the token.
    const words = ['--pdeathsig=KILL', 'redis-server', ...listen]
    this.#redis = this.#begin('setpriv', words, {}, this.#directory)
    await until(() => existsSync(this.#socket), 'Redis')
  }

  async #multi(env: NodeJS.ProcessEnv, ...words: string[]): Promise<void> {
    const child = this.#begin(process.execPath, [MULTI, ...words], env)
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`multi ${words.join(' ')} ended with ${code}`)
  }

  /** Started by multi, with the bridge or without. */
  async celery(withBridge: boolean): Promise<Worker> {
    const env = withBridge ? {} : { MULTI_BRIDGE: '0' }
    await this.#multi(env, 'start', 'w1', '-A', 'voice_app', '-c', '2')
    const pid = Number(readFileSync(join(this.#directory, 'run/w1.pid'), 'latin1'))
    const vitals = /(?:^|\0)MULTI_VITALS=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1] ?? ''
    const sender = this.#begin(PYTHON, ['voice_app.py'])
    return {
      pid,
      done: () => doneBy(vitals),
      stop: async () => {
        await ended(sender)
        await this.#multi(env, 'stopwait', 'w1')
      },
    }
  }

  /** `multi worker` by itself, with a place for its vitals or without. */
  async host(withVitals: boolean): Promise<Worker> {
    rmSync(this.#vitals, { force: true }) // The last words of the one before.
    const words = [MULTI, 'worker', '-A', here('voice-app.mjs'), '-n', 'w1@bench']
    const child = this.#begin(process.execPath, words, withVitals ? { MULTI_VITALS: this.#vitals } : {})
    return { pid: child.pid ?? 0, done: () => doneBy(this.#vitals), stop: () => ended(child) }
  }

  /** Also after a failure: our Redis and what carries our token, each by its pid. */
  clear(): void {
    this.#redis?.kill('SIGKILL')
    for (const { pid } of carriers(this.#token)) process.kill(pid, 'SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${child.spawnargs.join(' ')} has ended`)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

/** The number in a worker's vitals. */
function doneBy(path: string): number | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { done: number }).done : undefined
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from '../rig/rig.ts'

export const PYTHON = process.env['MULTI_TEST_PYTHON'] ?? '/usr/bin/python3'
const INSTALL = 'apt-get install celery python3-redis redis-server'

/** Why there are no Celery workers here, if there are none. */
export function missingPeers(): string | undefined {
  const python = spawnSync(PYTHON, ['-c', 'import celery.bin.multi, redis'], { encoding: 'utf8' })
  if (python.status !== 0) {
    const why = python.error?.message ?? python.stderr.trim().split('\n').at(-1)
    return `${PYTHON} has no Celery for Redis (${why}): ${INSTALL}, or name another Python in MULTI_TEST_PYTHON`
  }
  return spawnSync('redis-server', ['--version']).status === 0 ? undefined : `redis-server is not there: ${INSTALL}`
}

type Answer = { readonly id?: string; readonly state?: string; readonly value?: unknown }

/** Redis on a socket of its own, with the app beside it: for the tests of one file. */
export class Broker {
  /** tmpfs where there is one: a unix socket's path may have 107 bytes. */
  readonly directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', 'multi-peer-'))
  readonly #socket = join(this.directory, 'redis')
  readonly #redis: ChildProcess
  readonly #clients: Client[] = []

  constructor() {
    chmodSync(this.directory, 0o755) // Workers of other users come here too.
    for (const name of ['tasks.py', 'client.py']) {
      copyFileSync(new URL(`fixtures/${name}`, import.meta.url), join(this.directory, name))
    }
    const listen = ['--port', '0', '--unixsocket', this.#socket, '--unixsocketperm', '777', '--save', '']
    const enough = ['--databases', '1000']
    // It goes with the tests, however they end.
    this.#redis = spawn('setpriv', ['--pdeathsig=KILL', 'redis-server', ...listen, ...enough], {
      cwd: this.directory,
      stdio: 'ignore',
    })
  }

  async ready(): Promise<void> {
    await until(() => existsSync(this.#socket), 'Redis to listen')
  }

  /** A database that no other has, for the workers of one test. */
  client(): Client {
    const client = new Client(this.directory, `redis+socket://${this.#socket}?virtual_host=${this.#clients.length}`)
    this.#clients.push(client)
    return client
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
    await ended(this.#redis, () => this.#redis.kill('SIGTERM'))
    rmSync(this.directory, { recursive: true, force: true })
  }
}

async function ended(child: ChildProcess, how: () => unknown): Promise<void> {
  const exit = once(child, 'exit')
  how()
  if (child.exitCode === null && child.signalCode === null) await exit
}

/** Sends tasks to the workers of one test, which run in its `environment`. */
export class Client {
  readonly environment: NodeJS.ProcessEnv
  readonly #directory: string
  readonly #answers: ((answer: Answer) => void)[] = []
  #child: ChildProcess | undefined

  constructor(directory: string, url: string) {
    this.#directory = directory
    this.environment = {
      // The Python that was asked for, and its celery, come before any other.
      PATH: `${dirname(PYTHON)}:/usr/sbin:/usr/bin:/sbin:/bin`,
      REDIS_URL: url,
      PYTHONDONTWRITEBYTECODE: '1',
      // Keeps the environment readable in workers that others start, so that the rig finds what they leave.
      SPT_NOENV: '1',
    }
  }

  /** Started when it is first needed: not every test has anything done. */
  #started(): ChildProcess {
    if (this.#child) return this.#child
    const { environment: env } = this
    this.#child = spawn(PYTHON, ['client.py'], { cwd: this.#directory, env, stdio: ['pipe', 'pipe', 'inherit'] })
    if (!this.#child.stdout) throw new Error('the client has no stdout')
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.#answers.shift()?.(JSON.parse(line) as Answer),
    )
    return this.#child
  }

  #ask(request: Record<string, unknown>): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => this.#answers.push(resolve))
    this.#started().stdin?.write(`${JSON.stringify(request)}\n`)
    return answered
  }

  /** Puts a task into a queue; answers its id. */
  async send(task: string, args: readonly unknown[] = [], queue = 'celery'): Promise<string> {
    return (await this.#ask({ task, args, queue })).id ?? ''
  }

  /** What a task returned, as soon as a worker has done it. */
  async result(id: string): Promise<unknown> {
    let last: Answer = {}
    const isDone = async () => {
      last = await this.#ask({ id })
      return last.state === 'SUCCESS' || last.state === 'FAILURE'
    }
    await until(isDone, `task ${id} to be done`)
    if (last.state !== 'SUCCESS') throw new Error(`task ${id}: ${String(last.value)}`)
    return last.value
  }

  async do(task: string, args: readonly unknown[] = [], queue = 'celery'): Promise<unknown> {
    return this.result(await this.send(task, args, queue))
  }

  async close(): Promise<void> {
    const child = this.#child
    if (child) await ended(child, () => child.stdin?.end())
  }
}

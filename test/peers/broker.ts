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

/** Redis on a socket of its own and a client of Celery, with the app beside them: for the tests of one file. */
export class Broker {
  /** tmpfs where there is one: a unix socket's path may have 107 bytes. */
  readonly directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', 'multi-peer-'))
  readonly #socket = join(this.directory, 'redis')
  readonly url = `redis+socket://${this.#socket}`
  readonly environment: NodeJS.ProcessEnv = {
    // The Python that was asked for, and its celery, come before any other.
    PATH: `${dirname(PYTHON)}:/usr/sbin:/usr/bin:/sbin:/bin`,
    REDIS_URL: this.url,
    PYTHONDONTWRITEBYTECODE: '1',
    // Keeps the environment readable in workers that others start, so that the rig finds what they leave.
    SPT_NOENV: '1',
  }
  readonly #redis: ChildProcess
  readonly #client: ChildProcess
  readonly #answers: ((answer: Answer) => void)[] = []

  constructor() {
    chmodSync(this.directory, 0o755) // Workers of other users come here too.
    for (const name of ['tasks.py', 'client.py']) {
      copyFileSync(new URL(`fixtures/${name}`, import.meta.url), join(this.directory, name))
    }
    const listen = ['--port', '0', '--unixsocket', this.#socket, '--unixsocketperm', '777', '--save', '']
    // It goes with the tests, however they end.
    this.#redis = spawn('setpriv', ['--pdeathsig=KILL', 'redis-server', ...listen], {
      cwd: this.directory,
      stdio: 'ignore',
    })
    this.#client = spawn(PYTHON, ['client.py'], {
      cwd: this.directory,
      env: this.environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    if (this.#client.stdout) {
      createInterface({ input: this.#client.stdout }).on('line', (line) =>
        this.#answers.shift()?.(JSON.parse(line) as Answer),
      )
    }
  }

  async ready(): Promise<void> {
    await until(() => existsSync(this.#socket), 'Redis to listen')
  }

  #ask(request: Record<string, unknown>): Promise<Answer> {
    const answered = new Promise<Answer>((resolve) => this.#answers.push(resolve))
    this.#client.stdin?.write(`${JSON.stringify(request)}\n`)
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
    const children = [this.#client, this.#redis].filter(({ exitCode }) => exitCode === null)
    const ended = children.map((child) => once(child, 'exit'))
    this.#client.stdin?.end()
    this.#redis.kill('SIGTERM')
    await Promise.all(ended)
    rmSync(this.directory, { recursive: true, force: true })
  }
}

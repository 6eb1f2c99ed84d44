/** Celery workers started with the bridge alone, without multi: what it writes, and what it must not do to them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseVitals, type Vitals, type VitalsState } from '../../src/model/vitals.ts'
import type { Running } from '../rig/command.ts'
import { type Rig, until } from '../rig/rig.ts'
import { PYTHON } from './broker.ts'

const BRIDGE = fileURLToPath(new URL('../../bridge', import.meta.url))
const FIXTURES = new URL('fixtures/', import.meta.url)

/** Something that workers take jobs from. */
interface Server {
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Redis on a unix socket; it may be started late, and again. */
export class Redis implements Server {
  readonly #directory = mkdtempSync('/tmp/multi-bridge-')
  readonly #socket = join(this.#directory, 'redis')
  readonly url = `redis+socket://${this.#socket}`
  #child: ChildProcess | undefined

  async start(): Promise<void> {
    const listen = ['--port', '0', '--unixsocket', this.#socket, '--save', '']
    this.#child = spawn('setpriv', ['--pdeathsig=KILL', 'redis-server', ...listen], {
      cwd: this.#directory,
      stdio: 'ignore',
    })
    await until(() => existsSync(this.#socket), 'Redis to listen')
  }

  /** Until it is started again. */
  async pause(): Promise<void> {
    this.#child?.kill('SIGTERM')
    if (this.#child) await ended(this.#child)
  }

  async stop(): Promise<void> {
    await this.pause()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

const RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const EPMD = 'epmd'

export function missingRabbitMq(): string | undefined {
  if (!existsSync(RABBITMQ) || spawnSync(EPMD, ['-help']).error) return 'no RabbitMQ: apt-get install rabbitmq-server'
  return undefined
}

/** Below those that the kernel gives to whoever connects (ip(7), ip_local_port_range): nobody comes by it meanwhile by chance. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/**
 * A RabbitMQ node and the epmd that it wants, on ports of their own, as whoever runs the tests: not by the program of the
 * package, which becomes the user rabbitmq and writes to the directories of the machine.
 */
export class RabbitMq implements Server {
  #directory = ''
  #output: string[] = []
  #port = 0
  #children: ChildProcess[] = []

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.#port}//`
  }

  /** Before `start` it is where nobody listens. */
  async choosePorts(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort()
  }

  async start(): Promise<void> {
    await this.choosePorts()
    try {
      await this.#boot()
    } catch (error) {
      // Seen once, on a loaded machine: it neither listened nor ended.
      console.warn('RabbitMQ did not start, and is started once more:', error)
      await this.stop()
      await this.#boot()
    }
  }

  async #boot(): Promise<void> {
    const [epmd, distribution] = [await freePort(), await freePort()]
    this.#directory = mkdtempSync('/tmp/multi-rabbit-')
    this.#output = []
    const at = (name: string): string => join(this.#directory, name)
    writeFileSync(at('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${this.#port}\n`)
    for (const name of ['mnesia', 'log', 'home']) mkdirSync(at(name))
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      HOME: at('home'),
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `multi${this.#port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: at('mnesia'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
      RABBITMQ_CONF_ENV_FILE: at('none'),
      RABBITMQ_PID_FILE: at('pid'),
    }
    this.#begin(['setpriv', '--pdeathsig=KILL', EPMD, '-port', String(epmd), '-address', '127.0.0.1'], env)
    await until(() => answers(epmd), 'epmd to answer')
    this.#begin([RABBITMQ], env)
    const isUp = async () => {
      if (this.#children.some(({ exitCode }) => exitCode !== null)) throw new Error(this.#output.join(''))
      return answers(this.#port)
    }
    await until(isUp, 'RabbitMQ to listen').catch((error) => {
      throw new Error(`${error.message}; it printed: ${this.#output.join('')}`)
    })
  }

  #begin([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): void {
    // Groups of their own: the shell in front of Erlang hands no signal on.
    const child = spawn(program, args, { env, cwd: this.#directory, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => this.#output.push(String(text)))
    this.#children.push(child)
  }

  async stop(): Promise<void> {
    for (const { pid, exitCode } of this.#children.toReversed()) {
      if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGKILL')
    }
    await Promise.all(this.#children.map(ended))
    this.#children = []
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

export interface WorkerOptions {
  readonly pool?: string
  readonly name?: string
  /** Words before `worker`'s own. */
  readonly start?: readonly string[]
  readonly include?: string
  readonly options?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Where its vitals go, instead of into a directory that is there. */
  readonly vitals?: string
  readonly bridge?: string
  /** Its boot is not over before `goOn`: shorter ones may be over before they are seen. */
  readonly boots?: 'held'
}

/** A worker, and jobs for it that last until they are told to end. */
export class Worker {
  readonly name: string
  readonly running: Running
  readonly vitalsFile: string
  /** Its own, among other tests' workers. */
  readonly queue: string
  readonly #rig: Rig
  readonly #env: NodeJS.ProcessEnv

  constructor(rig: Rig, url: string, given: WorkerOptions = {}) {
    const { pool = 'prefork', start = ['-m', 'celery'], include = 'multi_bridge', options = [] } = given
    this.#rig = rig
    this.name = `${given.name ?? 'w1'}-${rig.token}@${hostname()}`
    this.queue = `q-${rig.token}`
    this.vitalsFile = given.vitals ?? join(rig.directory, 'w1.vitals')
    for (const name of ['hold.py', 'sabotage.py']) copyFileSync(new URL(name, FIXTURES), join(rig.work, name))
    const env = {
      PATH: `${dirname(PYTHON)}:/usr/sbin:/usr/bin:/sbin:/bin`,
      BROKER_URL: url,
      QUEUE: this.queue,
      ...(given.boots === 'held' && { BOOT_GATE: this.#gate }),
      PYTHONDONTWRITEBYTECODE: '1',
      SPT_NOENV: '1',
    }
    this.#env = env
    const words = ['-A', 'hold', 'worker', '-P', pool, '-c', '2', '-n', this.name, '-l', 'INFO', '-I', include]
    this.running = rig.program([PYTHON, ...start, ...words, ...options], {
      env: { ...env, PYTHONPATH: given.bridge ?? BRIDGE, MULTI_VITALS: this.vitalsFile, ...given.env },
    })
  }

  get #gate(): string {
    return join(this.#rig.work, 'gate')
  }

  /** Lets it boot to the end. */
  goOn(): void {
    writeFileSync(this.#gate, '')
  }

  /** Its next boot is held again. */
  holdBoot(): void {
    rmSync(this.#gate)
  }

  get pid(): number {
    return this.running.pid
  }

  get output(): string {
    return this.running.stdout + this.running.stderr
  }

  vitals(): Vitals | undefined {
    return existsSync(this.vitalsFile) ? parseVitals(readFileSync(this.vitalsFile, 'utf8')) : undefined
  }

  /** Until its vitals are so; while waiting, a worker that has ended fails with its output. */
  says(is: (vitals: Vitals) => boolean, what: string): Promise<Vitals> {
    const look = (): Vitals | undefined => {
      const vitals = this.vitals()
      if (vitals && is(vitals)) return vitals
      if (this.running.finished && vitals?.state !== 'gone') throw new Error(`it has ended:\n${this.output}`)
      return undefined
    }
    return until(look, `its vitals to say ${what}: ${JSON.stringify(this.vitals())}`)
  }

  is(state: VitalsState): Promise<Vitals> {
    return this.says((vitals) => vitals.state === state, state)
  }

  /** By its own log, for workers whose vitals are not to be had. */
  ready(times = 1): Promise<unknown> {
    const said = () => this.output.split(`${this.name} ready.`).length > times
    return until(said, `its log to say ready:\n${this.output}`)
  }

  celery(...words: readonly string[]) {
    return this.#rig.program([PYTHON, '-m', 'celery', '-A', 'hold', ...words], { env: this.#env }).ended
  }

  async #send(path: string, ...options: string[]): Promise<void> {
    const { code, stderr } = await this.celery('call', 'hold.hold', '--args', JSON.stringify([path]), ...options)
    if (code !== 0) throw new Error(stderr)
  }

  /** A job that nobody waits for; answers whether it has begun. */
  async sent(name: string): Promise<() => boolean> {
    const path = join(this.#rig.work, name)
    writeFileSync(`${path}.end`, '')
    await this.#send(path)
    return () => existsSync(`${path}.begun`)
  }

  /** A job for another day. */
  later = (name: string): Promise<void> => this.#send(join(this.#rig.work, name), '--countdown', '86400')

  get wishFile(): string {
    return `${this.vitalsFile}.wish`
  }

  /** Wishes it to be something, as multi does. */
  wish(text: string): void {
    symlinkSync(text, this.wishFile)
  }

  /** Whether a wish lies there that it has not taken. */
  isWished(): boolean {
    return lstatSync(this.wishFile, { throwIfNoEntry: false }) !== undefined
  }

  /** Through its remote control. */
  async control(action: string, queue: string): Promise<void> {
    const line = ['control', '--destination', this.name, '--timeout', '20', action, queue]
    const { code, stderr } = await this.celery(...line)
    if (code !== 0) throw new Error(stderr)
  }

  /** A job that has begun; answers how to end it. */
  async job(name = 'job'): Promise<{ end: () => void; isDone: () => boolean }> {
    const path = join(this.#rig.work, name)
    await this.#send(path)
    await until(() => existsSync(`${path}.begun`), 'the job to begin')
    return { end: () => writeFileSync(`${path}.end`, ''), isDone: () => existsSync(`${path}.done`) }
  }

  /** A whole job, to show that it works. */
  async works(name = 'proof'): Promise<void> {
    const job = await this.job(name)
    job.end()
    await until(() => job.isDone(), 'the job to be done')
  }

  async stop(): Promise<void> {
    this.running.kill('SIGTERM')
    await this.running.ended
  }
}

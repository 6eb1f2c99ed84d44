/**
 * Integration tests run the built `bin/multi.js` on real processes. A test in ten lines:
 *
 *     import { expect, test } from 'vitest'
 *     import { rigFor } from '../rig/rig.ts'
 *
 *     test('a worker that got TERM is gone when stopwait returns', async (context) => {
 *       const rig = rigFor(context)
 *       const started = await rig.multi('start', 'w1', ...rig.puppet, '--startsecs=0')
 *       expect(started.code).toBe(0)
 *       const worker = await rig.worker('w1')
 *       await rig.multi({ cwd: '/' }, 'stopwait', 'w1')
 *       expect(worker.signals).toEqual(['SIGTERM'])
 *       expect(worker.alive).toBe(false)
 *     })
 *
 * Each test has a directory, HOME, run, log and state directories, environment and working directory of its own. `multi` runs
 * a command to its end, `begin` leaves it running in the background; a first argument that is an object holds options.
 * `until` waits for conditions. What a test leaves running is killed and fails the test, unless it said `rig.expectLeftovers()`.
 * When a test fails, its commands, their output, the logs and the records are printed.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { type Finished, Running } from './command.ts'
import { PATIENCE } from './patience.ts'
import { commandLineOf, end, isAlive, type Process, processesWith, processOf } from './processes.ts'
import { PUPPET, type Puppet, Puppets } from './puppets.ts'
import { until } from './until.ts'

export { type Finished, Running } from './command.ts'
export { isAlive, type Process, processOf } from './processes.ts'
export type { Puppet } from './puppets.ts'
export { pause, until, untilItsMoment, whileNothingHappens } from './until.ts'

export const MULTI = fileURLToPath(new URL('../../bin/multi.js', import.meta.url))

const COMPILED = fileURLToPath(new URL('../../dist/compiled', import.meta.url))

/** For copies of what was built: not what running commands keep there, which comes and goes. */
export const isSteady = (path: string): boolean => path !== COMPILED

export const isRoot = process.getuid?.() === 0

/** A user without rights, for what root may always do. */
export const NOBODY = 65534

/** tmpfs where there is one, and a short path: a unix socket's may have 107 bytes. */
const BASE = existsSync('/dev/shm') ? '/dev/shm' : '/tmp'

export interface Options {
  readonly cwd?: string
  /** Over the rig's own; `undefined` leaves a variable out. */
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** Its stdin stays open, for `type`. */
  readonly typing?: boolean
  /** As that user, with directories of its own; only root can. */
  readonly uid?: number
  /** Words before those of multi, e.g. `['setsid']`. */
  readonly under?: readonly string[]
}

type Line = [...string[]] | [Options, ...string[]]

/** As much of a record as tests look at. */
export interface NodeRecord {
  readonly generation: number
  readonly wanted: 'up' | 'down'
  readonly launch?: { readonly id: string; readonly identity: { readonly pid: number; readonly startTicks: number } }
  readonly stop?: { readonly launch: string; readonly signal: string }
  readonly plan?: { readonly argv: readonly string[] }
  readonly logfile: string
}

export class Rig {
  readonly token = randomBytes(6).toString('hex')
  readonly directory = mkdtempSync(join(BASE, 'multi-'))
  readonly home = this.#made('home')
  readonly run = this.#made('run')
  readonly logs = this.#made('log')
  readonly state = this.#made('state')
  /** The working directory. */
  readonly work = this.#made('work')
  readonly puppets = new Puppets(join(this.directory, 'socket'))
  /** Words of a command line that make a worker of a puppet. */
  readonly puppet = ['--cmd', `${process.execPath} ${PUPPET}`] as const
  readonly #begun: Running[] = []
  readonly #bystanders = new Set<number>()
  #leftoversExpected = false

  constructor() {
    chmodSync(this.directory, 0o755) // Other users' workers find their way through it.
  }

  #made(...names: string[]): string {
    const path = join(this.directory, ...names)
    mkdirSync(path, { recursive: true })
    return path
  }

  /** The whole environment of a command. Nothing of ours gets through but the PATH. */
  environment(uid?: number): NodeJS.ProcessEnv {
    const own = uid === undefined ? this.directory : join(this.directory, `u${uid}`)
    const { NODE_V8_COVERAGE: coverage, PATH } = process.env
    return {
      PATH,
      HOME: join(own, 'home'),
      LANG: 'C.UTF-8',
      MULTI_RUN_DIR: join(own, 'run'),
      MULTI_LOG_DIR: join(own, 'log'),
      MULTI_STATE_DIR: join(own, 'state'),
      MULTI_RIG: this.token,
      PUPPET_SOCKET: join(this.directory, 'socket'),
      ...(coverage ? { NODE_V8_COVERAGE: coverage } : {}),
    }
  }

  /** Directories of another user's, and where they are. */
  userDirectory(uid: number): string {
    const own = join(this.directory, `u${uid}`)
    if (existsSync(own)) return own
    for (const name of ['', 'home', 'run', 'log', 'state', 'work']) chownSync(this.#made(`u${uid}`, name), uid, uid)
    return own
  }

  /** Starts any program in the rig's environment. */
  program(argv: readonly [string, ...string[]], { cwd, env, input, typing, uid }: Options = {}): Running {
    const own = uid === undefined ? this.directory : this.userDirectory(uid)
    const as = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--']
    const running = new Running({
      argv: [...as, ...argv] as [string, ...string[]],
      cwd: cwd ?? join(own, 'work'),
      env: { ...this.environment(uid), ...env },
      input,
      typing,
    })
    this.#begun.push(running)
    return running
  }

  /** Starts a multi and leaves it running. */
  begin(...line: Line): Running {
    const [first, ...rest] = line
    const options = typeof first === 'object' ? first : {}
    const words = typeof first === 'string' ? [first, ...rest] : rest
    return this.program([...(options.under ?? []), process.execPath, MULTI, ...words] as [string, ...string[]], options)
  }

  /** Runs a multi to its end. */
  multi(...line: Line): Promise<Finished> {
    return this.begin(...line).ended
  }

  /** The puppet that works as that node, as soon as it has said hello. */
  worker(node: string): Promise<Puppet> {
    return this.puppets.find(
      ({ hello }) => hello.parent === undefined && (hello.node === node || hello.node?.split('@')[0] === node),
      `the worker of ${node}`,
    )
  }

  /** Starts one node with a puppet, and answers the puppet. */
  async started(node = 'w1', ...options: string[]): Promise<Puppet> {
    const { code, stdout, stderr } = await this.multi('start', node, ...this.puppet, '--startsecs=0', ...options)
    if (code !== 0) throw new Error(`start of ${node} ended with ${code}:\n${stdout}${stderr}`)
    return this.worker(node)
  }

  pidfile = (node: string): string => join(this.run, `${node}.pid`)
  recordFile = (node: string): string => join(this.run, `.${node}.pid.multi.json`)

  readPid(node: string): number | undefined {
    return existsSync(this.pidfile(node)) ? Number(readFileSync(this.pidfile(node), 'utf8')) : undefined
  }

  record(node: string): NodeRecord | undefined {
    const path = this.recordFile(node)
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as NodeRecord) : undefined
  }

  log(node: string): string {
    const path = join(this.logs, `${node}.log`)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  alive = (pid: number): boolean => isAlive(pid)

  /** A process that has nothing to do with any worker, and ends with the rig. */
  bystander(options: Options = {}): Running {
    const running = this.program(['sleep', '1000'], options)
    this.#bystanders.add(running.pid)
    return running
  }

  /** Everything that was started in this rig and lives, but bystanders: also puppets whose environment is not the rig's. */
  processes(): Process[] {
    const found = processesWith(`MULTI_RIG=${this.token}`).filter(({ pid }) => !this.#bystanders.has(pid))
    const known = new Set(found.map(({ pid }) => pid))
    const bare = this.puppets.all.filter((puppet) => puppet.alive && !known.has(puppet.pid))
    return [...found, ...bare.map(({ pid }) => processOf(pid)).filter((one) => one !== undefined)]
  }

  /** The test leaves something running on purpose: the rig ends it without complaint. */
  expectLeftovers(): void {
    this.#leftoversExpected = true
  }

  /** Ends everything; answers what should not have been there. A test that failed anyway is not waited for. */
  async tearDown({ failed = false } = {}): Promise<string[]> {
    const named = (): string[] => this.processes().map(({ pid }) => `${pid} ${commandLineOf(pid)}`)
    const expected = failed || this.#leftoversExpected
    // What is on its way out may go by itself.
    if (!expected)
      await until(() => this.processes().length === 0, 'nothing to be left', 3000 * PATIENCE).catch(() => undefined)
    const left = expected ? [] : named()
    this.#bystanders.clear()
    await until(() => {
      const found = this.processes()
      for (const one of found) end(one)
      return found.length === 0
    }, 'everything to be killed')
    this.puppets.end()
    return left
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** What was done, for a test that failed. */
  transcript(): string {
    const commands = this.#begun.map(({ argv, stdout, stderr, finished }) => {
      const ending = finished ? (finished.signal ?? String(finished.code)) : 'still running'
      return `$ ${argv.join(' ')}\n${stdout}${stderr}[${ending}]`
    })
    const files = [this.run, this.logs].filter(existsSync).flatMap((directory) =>
      readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => `== ${name}\n${readFileSync(join(directory, name), 'utf8').slice(-4000)}`),
    )
    const puppets = this.puppets.all.map(
      ({ pid, hello, signals, alive }) =>
        `puppet ${pid} ${hello.node} ${alive ? 'alive' : 'gone'} ${signals.join(' ')}`,
    )
    return [...commands, ...puppets, ...files].join('\n')
  }
}

/** A rig for the test with that context, ended with it: also when the test ran out of time. */
export function rigFor({ task, onTestFinished }: Pick<TestContext, 'task' | 'onTestFinished'>): Rig {
  const rig = new Rig()
  onTestFinished(async () => {
    const before = rig.transcript()
    const failed = task.result?.state === 'fail'
    const left = await rig.tearDown({ failed })
    if (failed || left.length > 0) console.error(`\n${task.name}\n${before}\n`)
    rig.remove()
    if (left.length > 0) throw new Error(`left running by the test:\n${left.join('\n')}`)
  })
  return rig
}

import { findDirectories } from '../../../src/fleet/directories.ts'
import type { FleetEvent } from '../../../src/model/events.ts'
import type { AbsPath } from '../../../src/model/names.ts'
import type { Outcome } from '../../../src/model/outcome.ts'
import type { StatusRow } from '../../../src/model/status.ts'
import { recordPath } from '../../../src/node/files.ts'
import type { NodeRecord } from '../../../src/node/record.ts'
import { forget } from '../../../src/verbs/forget.ts'
import { quiet, resume } from '../../../src/verbs/quiet.ts'
import { restart } from '../../../src/verbs/restart.ts'
import { start } from '../../../src/verbs/start.ts'
import { status } from '../../../src/verbs/status.ts'
import { kill, stop, stopwait } from '../../../src/verbs/stop.ts'
import type { Answer, Context, Verb } from '../../../src/verbs/verb.ts'
import { type SimProcess, type SimSystem, World, type WorldOptions } from '../index.ts'
import { readOnce } from './lines.ts'
import { type WorkerName, workerOf } from './workers.ts'

/** One `multi` process and what it answers. Killed, it never does. */
export interface Command {
  readonly line: string
  readonly system: SimSystem
  readonly events: FleetEvent[]
  readonly answer: Promise<Answer>
  /** Filled in when it has answered. */
  result: Answer | undefined
  /** What it threw: a shortage, or a bug. */
  error: Error | undefined
}

export interface FleetOptions extends WorldOptions {
  readonly worker: WorkerName
  readonly nodes: readonly string[]
}

/** A command answered something else than a command of its kind should. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

export const UID = 1000
export const HOME = `/home/u${UID}`
export const RUN = `${HOME}/.local/state/multi/run`
const HOST = 'sim'

/** A machine with a fleet of one kind of workers on it, handled by whole command lines, as a user does. */
export class Fleet {
  readonly world: World
  readonly nodes: readonly string[]
  readonly worker: WorkerName
  readonly commands: Command[] = []

  constructor({ worker, nodes, ...options }: FleetOptions) {
    this.world = new World({ ...options })
    this.nodes = nodes
    this.worker = worker
    const { path, behaviour } = workerOf(worker)
    this.world.program(path, behaviour)
    this.world.files.put(`${HOME}/app.mjs`, '', { uid: UID, gid: UID })
  }

  /** The directories that the first start would make. */
  furnish(): void {
    for (const path of [`${HOME}/.local`, `${HOME}/.local/state`, `${HOME}/.local/state/multi`, RUN])
      this.world.files.directory(path, { uid: UID, gid: UID, mode: 0o700 })
  }

  get names(): string {
    return this.nodes.join(' ')
  }

  /** `start w1 w2` and what makes it start this kind of workers. */
  get start(): string {
    return this.startOf(this.names)
  }

  startOf(names: string): string {
    return `start ${names} ${workerOf(this.worker).options}`
  }

  /** Begins a command; it goes on as the world does. */
  issue(line: string, uid = UID): Command {
    const system = this.world.system({ uid, hostname: HOST, cwd: uid === 0 ? '/root' : HOME })
    const events: FleetEvent[] = []
    const answer = run(system, line, events)
    const command: Command = { line, system, events, answer, result: undefined, error: undefined }
    const ended = (result: Answer | undefined): void => {
      command.result = result
      this.world.end(system)
    }
    answer.then(ended, (error: Error) => {
      command.error = error
      ended(undefined)
    })
    this.commands.push(command)
    return command
  }

  /** A command from beginning to end, with nobody else about. */
  async done(line: string, uid = UID): Promise<Command> {
    const command = this.issue(line, uid)
    await this.world.runUntil(command.answer)
    return command
  }

  async outcomes(line: string): Promise<readonly Outcome[]> {
    return outcomesOf(await this.done(line))
  }

  async status(line = `status ${this.names}`, uid = UID): Promise<readonly StatusRow[]> {
    const { result } = await this.done(line, uid)
    if (result?.kind !== 'status') throw new NoAnswer(`status answers ${JSON.stringify(result)}`)
    return result.rows
  }

  /**
   * Everyone who lives and was started for that node, or by somebody who was: as nobody but the simulator can know. Not the daemons
   * that they leave behind.
   */
  processesOf = (node: string): SimProcess[] => {
    const name = `${node}@${HOST}`
    return this.world.processes().filter((one) => !one.dead && !one.escaped && one.env['MULTI_NODE'] === name)
  }

  /** The main processes of that node; more than one is the worst that can happen. */
  leadersOf = (node: string): SimProcess[] => this.processesOf(node).filter(({ pid, session }) => pid === session)

  /** Whether that process was ever one of the fleet's. */
  isOurs = (process: SimProcess): boolean => process.env['MULTI_NODE'] !== undefined

  /** As it stands on disk; undefined when it is none. */
  recordOf(node: string): NodeRecord | undefined {
    const read = this.world.files.read(recordPath(`${RUN}/${node}.pid` as AbsPath), { uid: 0, gid: 0 }, 1 << 20)
    try {
      return read.found === 'text' ? (JSON.parse(read.text) as NodeRecord) : undefined
    } catch {
      return undefined // Torn.
    }
  }

  /** What stands in the directory of the pidfiles, and what workers said of themselves. */
  files(): string[] {
    const list = (path: string): string[] => {
      const found = this.world.files.list(path, { uid: 0, gid: 0 })
      return typeof found === 'string' ? [] : [...found].sort()
    }
    return [...list(RUN).filter((name) => name !== 'vitals'), ...list(`${RUN}/vitals/${UID}`)]
  }
}

export const outcomesOf = ({ line, result }: Command): readonly Outcome[] => {
  if (result?.kind !== 'outcomes') throw new NoAnswer(`${line} answers ${JSON.stringify(result)}`)
  return result.outcomes
}

/** Loaded beforehand: a world does not wait for the module loader. */
const VERBS: Readonly<Record<string, Verb>> = { start, stop, stopwait, restart, kill, forget, quiet, resume, status }

const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin' }

/** What src/cli does, with this system instead of the real one. */
async function run(system: SimSystem, line: string, events: FleetEvent[]): Promise<Answer> {
  const { argv, parse } = readOnce(line)
  const [word = '', ...rest] = argv
  const verb = VERBS[word]
  if (!verb) throw new Error(`No verb ${word}`)
  const home = system.self.uid === 0 ? '/root' : `/home/u${system.self.uid}`
  const env = { ...ENVIRONMENT, HOME: home }
  const cwd = home as AbsPath
  const directories = await findDirectories(system, env, cwd)
  const facts = {
    hostname: system.self.hostname,
    cwd,
    fleet: cwd,
    runDirectory: directories.run,
    logDirectory: directories.log,
  }
  const read = parse(verb, facts, rest)
  if (!read.ok) return { kind: 'failure', failure: read.error }
  const reread: Context['reread'] = (nodes, options) => parse(verb, facts, [...nodes, ...rest, ...options])
  const own = {
    node: '/usr/bin/node' as AbsPath,
    multi: '/usr/bin/multi' as AbsPath,
    bridge: '/usr/lib/bridge' as AbsPath,
  }
  const base = { system, env, cwd, directories, ...own }
  return verb.run({ ...base, fleet: cwd, line: read.value, reread, emit: (event) => events.push(event) })
}

import type { Signal } from '../../src/model/signals.ts'
import type { Behaviour } from './behaviour.ts'
import { Clock } from './clock.ts'
import type { RunReply, RunRequest } from './commands.ts'
import { Files, UMASK } from './files.ts'
import { furnish } from './furniture.ts'
import { type Inode, ROOT } from './inode.ts'
import { Machine } from './machine.ts'
import { DEFAULT_PIDS, DEFAULTS, type Launching, type WorldOptions } from './options.ts'
import type { SimProcess } from './process.ts'
import { Runner } from './runner.ts'
import { fifo, seeded } from './scheduler.ts'
import { deliver } from './signalling.ts'
import { Stage } from './stage.ts'
import { Story } from './story.ts'

/** The machine, its files and whoever lives on it; nothing yet of `multi`. */
export class Population extends Stage {
  readonly clock: Clock
  readonly files: Files
  readonly machine: Machine
  protected readonly programs = new Map<string, Behaviour>()
  protected readonly commands = new Map<string, (request: RunRequest) => RunReply>()

  constructor(options: WorldOptions) {
    const { seed, callMs, uptimeMs, wallMs, initDelayMs, stepLimit } = { ...DEFAULTS, ...options }
    const clock = new Clock(uptimeMs, wallMs)
    const scheduler = options.scheduler ?? (seed === undefined ? fifo() : seeded(seed))
    const runner = new Runner(clock, scheduler, Math.round(callMs * 1000))
    const story = new Story(options.story)
    super(clock, runner, story, stepLimit)
    this.clock = clock
    this.files = new Files(clock)
    furnish(this.files)
    this.machine = new Machine(clock, runner, this.files, story, options.pids ?? DEFAULT_PIDS, initDelayMs)
  }

  /** What runs when this file is executed; the file is made, too. */
  program(path: string, behaviour: Behaviour = {}): void {
    this.files.put(path, '#!', { mode: 0o755 })
    this.programs.set(path, behaviour)
  }

  /** What `System.run` of this program answers. */
  command(path: string, reply: (request: RunRequest) => RunReply): void {
    this.files.put(path, '#!', { mode: 0o755 })
    this.commands.set(path, reply)
  }

  /** Something else than `multi` starts a process: a stranger, or a worker to be adopted. */
  launch(argv: readonly [string, ...string[]], launching: Launching = {}): SimProcess {
    const { uid = 0, gid = uid, env = {}, cwd = '/', log } = launching
    const behaviour = launching.behaviour ?? this.programs.get(argv[0]) ?? {}
    const inode = log === undefined ? undefined : (this.files.openAppend(log, ROOT, true, 0o644) as Inode)
    const launched = this.machine.launch({
      parent: undefined,
      argv,
      env,
      cwd,
      uid,
      gid,
      umask: UMASK,
      log: inode,
      behaviour,
    })
    if (launched === undefined) throw new Error('No pid is left for another process')
    return launched
  }

  /** Who has this pid now. */
  process(pid: number): SimProcess | undefined {
    return this.machine.table.get(pid)
  }

  /** Somebody else signals it (a user, the OOM killer): that is not in `signals`. */
  signal(process: SimProcess, signal: Signal): void {
    deliver(process, signal)
  }

  /** Everyone but init, zombies included. */
  processes(): readonly SimProcess[] {
    return this.machine.table.all().filter(({ pid }) => pid !== 1)
  }

  /** The next process gets this pid, if it is free. */
  nextPid(pid: number): void {
    this.machine.table.next(pid)
  }
}

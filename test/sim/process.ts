import type { Exit, Identity, ProcessFacts } from '../../src/model/process.ts'
import type { Signal } from '../../src/model/signals.ts'
import type { Behaviour } from './behaviour.ts'
import type { Birth, ForkOptions } from './birth.ts'
import type { Inode } from './inode.ts'
import type { Machine } from './machine.ts'

export type ProcessState = 'R' | 'S' | 'D' | 'T' | 'Z' | 'X'

/** One process: what /proc shows of it, and what its own program may do (`self` of a behaviour). */
export class SimProcess {
  readonly machine: Machine
  readonly pid: number
  readonly startTicks: number
  /** undefined: init. */
  parent: SimProcess | undefined
  readonly children = new Set<SimProcess>()
  pgrp: number
  session: number
  uid: number
  gid: number
  readonly umask: number
  state: ProcessState = 'S'
  /** More than one that is `Z`: its main thread has ended. */
  threads = 1
  /** What it was started with; what /proc shows is `environ` and `cmdline`, which it may overwrite. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  #environ: ReadonlyMap<string, string> | undefined
  cmdline: readonly string[]
  cwd: string
  /** Descriptors 1 and 2. */
  log: Inode | undefined
  behaviour: Behaviour
  booted = false
  /** Went off into a session of its own, where nobody can know any more whose it is. */
  escaped = false
  /** Grows with every exec: what an earlier program had in mind is forgotten. */
  lives = 0
  exited: Exit | undefined
  /** Monotonic ms: when it was forked. */
  readonly bornAt: number
  /** KILL is on its way. */
  doomed = false
  /** Came while it was stopped. */
  pending: Signal[] = []
  /** What it would have done while it was stopped. */
  frozen: (() => void)[] = []
  /** Tells a parent that is a `multi`. */
  onChildEnd: (() => void) | undefined
  /** Tells the world when somebody ended a `multi`. */
  onEnd: (() => void) | undefined

  constructor(machine: Machine, birth: Birth) {
    this.machine = machine
    this.bornAt = machine.clock.now
    this.pid = birth.pid
    this.startTicks = birth.startTicks
    this.parent = birth.parent
    this.pgrp = birth.pgrp
    this.session = birth.session
    this.uid = birth.uid
    this.gid = birth.gid
    this.umask = birth.umask
    this.argv = this.cmdline = birth.argv
    this.env = birth.env
    this.cwd = birth.cwd
    this.log = birth.log
    this.behaviour = birth.behaviour
  }

  /** Made when somebody looks, which happens to few. */
  get environ(): ReadonlyMap<string, string> {
    return (this.#environ ??= new Map(Object.entries(this.env)))
  }

  set environ(environ: ReadonlyMap<string, string>) {
    this.#environ = environ
  }

  get dead(): boolean {
    return this.state === 'X' || (this.state === 'Z' && this.threads <= 1)
  }

  get label(): string {
    return `pid ${this.pid}`
  }

  get facts(): ProcessFacts {
    const { pid, pgrp, session, state, threads, startTicks } = this
    return { pid, ppid: this.parent?.pid ?? (pid === 1 ? 0 : 1), pgrp, session, state, threads, startTicks }
  }

  get identity(): Identity {
    const { pid, startTicks, machine } = this
    return { pid, startTicks, bootId: machine.bootId, pidNamespace: machine.pidNamespace }
  }

  /** Runs that after `ms` of its own life; a stopped process does it when it goes on, a dead one never. */
  after(ms: number, run: () => void): void {
    const life = this.lives
    const task = { owner: undefined, run: () => this.#live(life, run) }
    if (ms <= 0) this.machine.runner.push(task)
    else this.machine.clock.after(ms, () => this.machine.runner.push(task))
  }

  #live(life: number, run: () => void): void {
    if (this.dead || this.lives !== life) return
    if (this.state === 'T') this.frozen.push(run)
    else run()
  }

  every(ms: number, run: () => void): void {
    this.after(ms, () => {
      run()
      this.every(ms, run)
    })
  }

  /** To its log, wherever that file has been moved to since. */
  print(text: string): void {
    if (this.log) this.machine.files.append(this.log, text)
  }

  fork(behaviour: Behaviour = {}, options: ForkOptions = {}): SimProcess | undefined {
    return this.machine.fork(this, behaviour, options)
  }

  /** The same process becomes another program, or begins the same one again (Celery does on HUP). */
  exec(behaviour: Behaviour = this.behaviour): void {
    this.machine.exec(this, behaviour)
  }

  exit(code = 0): void {
    this.machine.end(this, { code })
  }

  die(signal: Signal): void {
    this.machine.end(this, { signal })
  }
}

import type { Exit } from '../../src/model/process.ts'
import type { Behaviour } from './behaviour.ts'
import type { ForkOptions, Launch } from './birth.ts'
import type { Clock } from './clock.ts'
import { type Files, UMASK } from './files.ts'
import { begin, finish } from './life.ts'
import { SimProcess } from './process.ts'
import type { Runner } from './runner.ts'
import { NOTHING, type Story } from './story.ts'
import { type PidRange, Table } from './table.ts'

export const TICKS_PER_SECOND = 100

/** What processes live in: pids, parents, groups, signals; knows nothing of `multi`. */
export class Machine {
  readonly clock: Clock
  readonly runner: Runner
  readonly files: Files
  readonly story: Story
  readonly #initDelayMs: number
  readonly #pids: PidRange
  readonly pidNamespace = 'pid:[4026531836]'
  /** By pid: when the last that had it and has ended was born, and when it ended, monotonic ms. */
  readonly ended = new Map<number, { readonly bornAt: number; readonly at: number }>()
  /** Is told of everyone that is born, before it does anything. */
  onBirth: ((process: SimProcess) => void) | undefined
  bootId = ''
  table: Table
  #boots = 0

  constructor(clock: Clock, runner: Runner, files: Files, story: Story, pids: PidRange, initDelayMs: number) {
    this.clock = clock
    this.runner = runner
    this.files = files
    this.story = story
    this.#pids = pids
    this.#initDelayMs = initDelayMs
    this.table = this.boot()
  }

  /** Everybody is gone; init is new. */
  boot(): Table {
    this.bootId = `00000000-0000-4000-8000-${String(++this.#boots).padStart(12, '0')}`
    this.table = new Table(this.#pids)
    const init = {
      pid: 1,
      startTicks: 0,
      parent: undefined,
      pgrp: 1,
      session: 1,
      uid: 0,
      gid: 0,
      umask: UMASK,
      argv: ['/sbin/init'],
      env: {},
    }
    this.table.add(
      new SimProcess(this, { ...init, cwd: '/', log: undefined, behaviour: { onSignal: () => undefined } }),
    )
    return this.table
  }

  tell(who: SimProcess, what: string, args: readonly unknown[]): void {
    if (this.story.kept) this.story.add(this.clock.micros, who.label, what, args, NOTHING)
  }

  #ticks(): number {
    return Math.floor((this.clock.micros / 1_000_000) * TICKS_PER_SECOND)
  }

  /** fork, setsid, exec: a new leader; undefined when there is no pid left. */
  launch(launch: Launch): SimProcess | undefined {
    const startTicks = this.#ticks()
    const pid = this.table.allocate(startTicks)
    if (pid === undefined) return undefined
    const { parent, argv, env, cwd, uid, gid, umask, log, behaviour } = launch
    // Not by a spread: that takes longer than all the rest.
    return this.#born(
      new SimProcess(this, {
        pid,
        startTicks,
        parent,
        pgrp: pid,
        session: pid,
        uid,
        gid,
        umask,
        argv,
        env,
        cwd,
        log,
        behaviour,
      }),
    )
  }

  /** Nobody who is about to die of KILL: then a signal to its group would have missed the child (copy_process() in kernel/fork.c). */
  fork(parent: SimProcess, behaviour: Behaviour, options: ForkOptions): SimProcess | undefined {
    if (parent.doomed) return undefined
    const startTicks = this.#ticks()
    const pid = this.table.allocate(startTicks)
    if (pid === undefined) return undefined
    const { uid, gid, umask, cwd, log } = parent
    const session = options.ownSession ? pid : parent.session
    const pgrp = options.ownSession || options.ownGroup ? pid : parent.pgrp
    const { argv = parent.argv, env = parent.env } = options
    const child = new SimProcess(this, {
      pid,
      startTicks,
      parent,
      pgrp,
      session,
      uid,
      gid,
      umask,
      argv,
      env,
      cwd,
      log,
      behaviour,
    })
    child.escaped = parent.escaped || options.ownSession === true
    return this.#born(child)
  }

  #born(process: SimProcess): SimProcess {
    this.table.add(process)
    process.parent?.children.add(process)
    this.tell(process, 'starts', process.argv)
    this.onBirth?.(process)
    begin(process)
    return process
  }

  exec(process: SimProcess, behaviour: Behaviour): void {
    process.behaviour = behaviour
    process.cmdline = process.argv
    process.environ = new Map(Object.entries(process.env))
    begin(process)
  }

  end(process: SimProcess, exit: Exit): void {
    if (process.dead) return
    if (exit.signal === undefined) finish(process)
    this.tell(process, 'ends', [exit])
    process.state = 'Z'
    process.threads = 1
    process.exited = exit
    this.ended.set(process.pid, { bornAt: process.bornAt, at: this.clock.now })
    process.log = undefined
    for (const child of process.children) this.#orphan(child)
    process.children.clear()
    this.#mourn(process)
    process.onEnd?.()
  }

  #orphan(child: SimProcess): void {
    child.parent = undefined
    if (child.dead) this.#mourn(child)
  }

  /** Whoever is the parent must take the zombie away. A `multi` does it when it rests, init in its own time. */
  #mourn(child: SimProcess): void {
    const { parent } = child
    const reap = { owner: undefined, run: () => this.reap(child) }
    if (parent?.onChildEnd) parent.onChildEnd()
    else if (parent) {
      if (parent.behaviour.reaps !== false) parent.after(0, reap.run)
    } else if (this.#initDelayMs > 0) this.clock.after(this.#initDelayMs, () => this.runner.push(reap))
    else this.runner.push(reap)
  }

  reap(process: SimProcess): void {
    if (process.state !== 'Z') return
    process.state = 'X'
    process.parent?.children.delete(process)
    this.table.remove(process)
  }
}

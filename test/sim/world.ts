import type { Signal } from '../../src/model/signals.ts'
import type { Behaviour } from './behaviour.ts'
import { type FaultRule, Faults } from './faults.ts'
import { UMASK } from './files.ts'
import { emptyRun, settle } from './furniture.ts'
import { Locks } from './locks.ts'
import { heard, Multi } from './multi.ts'
import type { Caller, WorldOptions } from './options.ts'
import { Population } from './population.ts'
import { mulberry32 } from './prng.ts'
import { type Delivery, Signalling } from './signalling.ts'
import type { CallSeen, Site } from './site.ts'
import { stalling } from './stall.ts'
import { NOTHING } from './story.ts'
import { SimSystem } from './system.ts'

/** A machine with everything on it, in which nothing happens unless it is run. */
/** Itself, four for files, four of V8, and so on: a fork of it has one. */
const THREADS_OF_NODE = 11

export class World extends Population {
  readonly #faults = new Faults()
  readonly #site: Site
  readonly #systems: SimSystem[] = []
  #launches = 0

  constructor(options: WorldOptions = {}) {
    super(options)
    this.#site = {
      machine: this.machine,
      faults: this.#faults,
      locks: new Locks(this.files, this.clock, options.lock ?? 'exclusive'),
      signalling: new Signalling(this.machine),
      random: mulberry32((options.seed ?? 0) ^ 0x5eed),
      programs: this.programs,
      commands: this.commands,
      hidepid: options.hidepid ?? false,
      bootTimeKnown: options.bootTimeKnown ?? true,
      before: undefined,
      stalls: stalling(this, options),
      kill: (multi) => this.#end(multi, 'is killed'),
      launchId: () => `launch-${++this.#launches}`,
    }
  }

  /** Every signal that reached a live process. */
  get signals(): readonly Delivery[] {
    return this.#site.signalling.deliveries
  }

  /** Starts a `multi`: one process, with the port as it has it. */
  system(caller: Caller): SimSystem {
    const { uid, gid = uid, hostname = 'sim', cwd } = caller
    const home = settle(this.files, uid)
    const env = { HOME: home, PATH: '/usr/local/bin:/usr/bin:/bin', ...caller.env }
    const number = this.#systems.length + 1
    const argv = ['/usr/bin/node', '/usr/bin/multi']
    const behaviour: Behaviour = { onSignal: (signal) => heard(multi, signal) }
    const birth = { parent: undefined, log: undefined, argv, env, cwd: cwd ?? home, uid, gid, umask: UMASK, behaviour }
    const launched = this.machine.launch(birth)
    if (launched === undefined) throw new Error('No pid is left for another multi')
    launched.threads = THREADS_OF_NODE
    const multi: Multi = new Multi(launched, `multi#${number}`, hostname)
    launched.onEnd = () => this.#end(multi, 'is killed')
    const system = new SimSystem(this.#site, multi)
    this.#systems.push(system)
    return system
  }

  fault(rule: FaultRule): void {
    this.#faults.add(rule)
  }

  clearFaults(): void {
    this.#faults.clear()
  }

  /** Is told of every call right before it is made; may kill or suspend somebody. */
  onCall(tell: ((seen: CallSeen) => void) | undefined): void {
    this.#site.before = tell
  }

  /** SIGKILL: nothing that it awaits ever settles, nothing it has parked is done. */
  kill(system: SimSystem): void {
    this.#end(system.multi, 'is killed')
  }

  /** The command has returned; what it left open is closed, what it still waits for never comes. */
  end(system: SimSystem): void {
    this.#end(system.multi, 'returns')
  }

  /** It dies instead of making its n-th call (from 1). */
  killAt(system: SimSystem, call: number): void {
    system.multi.killAt = call
  }

  #end(multi: Multi, how: string): void {
    if (!multi.alive) return
    this.machine.story.add(this.clock.micros, multi.label, how, [], NOTHING)
    multi.alive = false
    multi.ended = how !== 'returns'
    multi.stoppedAt ??= this.clock.now
    multi.descriptors.clear()
    multi.forget()
    this.runner.take(multi)
    if (how === 'returns') multi.process.exit(0)
    else multi.process.die('KILL')
  }

  /** SIGSTOP: whatever it has parked waits. */
  suspend({ multi }: { readonly multi: Multi }): void {
    if (!multi.alive || multi.suspended) return
    multi.suspended = true
    multi.stoppedAt = this.clock.now
    multi.process.state = 'T'
    multi.held.push(...this.runner.take(multi))
  }

  resume({ multi }: { readonly multi: Multi }): void {
    if (!multi.alive || !multi.suspended) return
    multi.suspended = false
    multi.stoppedAt = undefined
    multi.process.state = 'S'
    const held = multi.held
    multi.held = []
    for (const task of held) this.runner.push(task)
  }

  /** INT, TERM or HUP from the user: noticed when its event loop turns. */
  interrupt({ multi }: SimSystem, signal: Signal = 'INT'): void {
    multi.interrupt(signal)
  }

  /** Power off and on: nobody survives, /run is empty, the rest of the files is as it was. */
  reboot({ downMs = 30_000, uptimeMs = 20_000, keepRun = false } = {}): void {
    for (const { multi } of this.#systems) {
      multi.ended ||= multi.alive
      multi.alive = false
      multi.forget()
    }
    for (const one of this.machine.table.all()) one.state = 'X'
    this.runner.ready = []
    this.clock.reboot(downMs, uptimeMs)
    this.machine.boot()
    this.#site.locks.reboot()
    if (!keepRun) emptyRun(this.files)
    this.machine.story.add(this.clock.micros, 'machine', 'boots', [this.machine.bootId], NOTHING)
  }
}

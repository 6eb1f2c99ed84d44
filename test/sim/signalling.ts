import type { Identity, VerifiedGroup } from '../../src/model/process.ts'
import type { Signal } from '../../src/model/signals.ts'
import type { Signalled } from '../../src/system/port.ts'
import type { Machine } from './machine.ts'
import type { SimProcess } from './process.ts'

/** One signal that reached one live process: what the second promise is judged by. */
export interface Delivery {
  readonly pid: number
  readonly startTicks: number
  readonly signal: Signal
  readonly toGroup: boolean
  /** Pid of the sender. */
  readonly by: number
  readonly at: number
  readonly process: SimProcess
  /** By whom: its pid may have been another's before. */
  readonly sender: SimProcess
}

const IGNORED = new Set<Signal>(['CHLD', 'URG', 'WINCH', 'CONT'])
const STOPPING = new Set<Signal>(['STOP', 'TSTP', 'TTIN', 'TTOU'])

/** What kill(2) does to one process: at once for what the kernel does, in its own time for what the process does. */
export function deliver(target: SimProcess, signal: Signal): void {
  // These two take effect in the kernel: neither waits for the process, and neither outlives the other.
  if (signal === 'CONT') goOn(target)
  if (signal === 'STOP' && target.behaviour.unkillable !== true) target.state = 'T'
  if (signal === 'KILL' && target.behaviour.unkillable !== true) target.doomed = true
  const { runner } = target.machine
  runner.push({ owner: undefined, run: () => receive(target, signal) })
}

function goOn(target: SimProcess): void {
  if (target.state !== 'T') return
  const { pending, frozen } = target
  target.state = 'S'
  target.pending = []
  target.frozen = []
  for (const signal of pending) deliver(target, signal)
  for (const run of frozen) target.after(0, run)
}

function receive(self: SimProcess, signal: Signal): void {
  if (self.dead) return
  const { behaviour } = self
  if (behaviour.unkillable === true && signal !== 'CONT') self.state = 'D'
  else if (signal === 'KILL') self.die(signal)
  else if (signal === 'STOP') return
  else if (self.state === 'T') self.pending.push(signal)
  else if (self.booted && behaviour.onSignal && behaviour.onSignal(signal, self) !== 'default') return
  else if (STOPPING.has(signal)) self.state = 'T'
  else if (!IGNORED.has(signal)) self.die(signal)
}

type Presence = 'here' | 'gone' | 'stranger'

/** What a VerifiedGroup says that the simulator may look at. */
type Group = Pick<VerifiedGroup, 'pgid' | 'evidence'>

export class Signalling {
  readonly #machine: Machine
  readonly deliveries: Delivery[] = []

  constructor(machine: Machine) {
    this.#machine = machine
  }

  #presence(identity: Identity, pgid?: number): Presence {
    const { bootId, pidNamespace, table } = this.#machine
    if (identity.bootId !== bootId || identity.pidNamespace !== pidNamespace) return 'stranger'
    const there = table.get(identity.pid)
    if (there === undefined) return 'gone'
    if (there.startTicks !== identity.startTicks) return 'stranger'
    if (there.dead) return 'gone'
    return pgid === undefined || there.pgrp === pgid ? 'here' : 'stranger'
  }

  process(by: SimProcess, identity: Identity, signal: Signal): Signalled {
    const presence = this.#presence(identity)
    if (presence !== 'here') return presence
    return this.#kill(by, [this.#machine.table.get(identity.pid) as SimProcess], signal, false)
  }

  group(by: SimProcess, { pgid, evidence }: Group, signal: Signal): Signalled {
    if (pgid <= 1) return 'stranger'
    const found = evidence.map((member) => this.#presence(member, pgid))
    if (found.includes('here')) return this.#kill(by, this.#machine.table.group(pgid), signal, true)
    return found.includes('stranger') ? 'stranger' : 'gone'
  }

  /** kill(2) succeeds if anyone could be signalled; zombies count and feel nothing. */
  #kill(by: SimProcess, targets: readonly SimProcess[], signal: Signal, toGroup: boolean): Signalled {
    const allowed = targets.filter(({ uid }) => by.uid === 0 || by.uid === uid)
    const at = this.#machine.clock.now
    for (const process of allowed) {
      if (process.dead) continue
      const { pid, startTicks } = process
      this.deliveries.push({ pid, startTicks, signal, toGroup, by: by.pid, at, process, sender: by })
      deliver(process, signal)
    }
    return allowed.length > 0 ? 'sent' : targets.length > 0 ? 'denied' : 'gone'
  }
}

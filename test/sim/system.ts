import type { AbsPath, LaunchId } from '../../src/model/names.ts'
import { err, ok, type Result } from '../../src/model/result.ts'
import type { Signal } from '../../src/model/signals.ts'
import type { Attempt, Fault, Lock, Self, System } from '../../src/system/port.ts'
import { Call, never } from './calls.ts'
import type { Ticket } from './locks.ts'
import { TICKS_PER_SECOND } from './machine.ts'
import type { Multi } from './multi.ts'
import { RunCalls } from './run-calls.ts'
import type { Site } from './site.ts'

type Locked = Result<Lock | undefined, Fault>

/** The port as one `multi` process of a world has it. */
export class SimSystem extends RunCalls implements System {
  readonly self: Self
  readonly ticksPerSecond = TICKS_PER_SECOND

  constructor(site: Site, multi: Multi) {
    super(site, multi)
    const { identity, uid, gid } = multi.process
    this.self = { identity, uid, gid, hostname: multi.hostname }
  }

  now(): number {
    return this.site.machine.clock.now
  }

  wall(): number {
    return this.site.machine.clock.wall
  }

  random(): number {
    return this.site.random()
  }

  /** Whole seconds, as in /proc/stat; it jumps together with the wall clock. */
  bootedAt(): number | undefined {
    const { clock } = this.site.machine
    return this.site.bootTimeKnown ? Math.floor((clock.wall - clock.now) / 1000) * 1000 : undefined
  }

  interruptions(): readonly Signal[] {
    return this.multi.interruptions
  }

  newLaunchId(): LaunchId {
    return this.site.launchId() as LaunchId
  }

  rest(ms: number): Promise<void> {
    const { multi } = this
    if (!multi.alive) return never()
    return new Promise((resolve) => {
      const woken = this.#call('rest', [ms], () => multi.turn(), resolve)
      multi.rest(ms, () => this.site.machine.runner.push(woken))
    })
  }

  breathe(): Promise<void> {
    const turn = () => this.multi.turn()
    return this.call('breathe', [], turn, turn)
  }

  #call<T>(name: string, args: readonly unknown[], effect: () => T, settle: (value: T) => void): Call<T> {
    return new Call(this.site, this.multi, name, args, effect, effect, settle)
  }

  lock(directory: AbsPath, waitMs: number): Attempt<Lock | undefined> {
    const { multi } = this
    if (!multi.alive) return never()
    const since = this.now()
    return new Promise((resolve) => this.#queue(directory, since, waitMs, resolve))
  }

  /** One attempt after the other, as proper-lockfile has no queue: whoever asks first after a release gets it. */
  #queue(directory: AbsPath, since: number, waitMs: number, resolve: (locked: Locked) => void): void {
    const { multi, site } = this
    const settle = (locked: Locked | 'again'): void => {
      if (locked !== 'again') resolve(locked)
      else multi.rest(5 + site.random() * 25, () => this.#queue(directory, since, waitMs, resolve))
    }
    const attempt = (): Locked | 'again' => this.#attempt(directory, since, waitMs)
    const args = [directory]
    const refused = new Call<Locked | 'again'>(
      site,
      multi,
      'lock',
      args,
      attempt,
      (rule) => this.refused(rule, 'lock', args),
      settle,
    )
    site.machine.runner.push(refused)
  }

  #attempt(directory: AbsPath, since: number, waitMs: number): Locked | 'again' {
    const { multi, site } = this
    multi.turn()
    const ticket = site.locks.attempt(multi, directory, since)
    if (typeof ticket === 'string') return err(this.fault(ticket, 'lock', [directory]))
    if (ticket !== undefined) return ok(this.#lock(ticket))
    return this.now() - since >= waitMs || multi.interruptions.length > 0 ? ok(undefined) : 'again'
  }

  #lock(ticket: Ticket): Lock {
    const release = () => this.site.locks.release(this.multi, ticket)
    return { release: () => this.call('release', [ticket.path], release, () => undefined) }
  }
}

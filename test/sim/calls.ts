import { err, ok, type Result } from '../../src/model/result.ts'
import type { Attempt, Fault } from '../../src/system/port.ts'
import type { FaultRule } from './faults.ts'
import type { Errno } from './files.ts'
import type { Multi } from './multi.ts'
import type { Task } from './runner.ts'
import { comesTooLate, thrownBy } from './shortage.ts'
import type { Site } from './site.ts'

/** Not a shared one: whoever waits for it would be kept as long as it lives. */
export const never = (): Promise<never> => new Promise(() => {})

/** One parked call. */
export class Call<T> implements Task {
  readonly owner: Multi
  readonly name: string
  readonly args: readonly unknown[]
  readonly #site: Site
  readonly #effect: () => T
  readonly #failed: (rule: FaultRule) => T
  readonly #settle: (value: T) => void
  readonly #reject: ((error: Error) => void) | undefined

  constructor(
    site: Site,
    owner: Multi,
    name: string,
    args: readonly unknown[],
    effect: () => T,
    failed: (rule: FaultRule) => T,
    settle: (value: T) => void,
    reject?: (error: Error) => void,
  ) {
    this.#site = site
    this.owner = owner
    this.name = name
    this.args = args
    this.#effect = effect
    this.#failed = failed
    this.#settle = settle
    this.#reject = reject
  }

  run(): void {
    const { owner, name, args } = this
    const site = this.#site
    if (site.stalls(owner)) return void owner.held.push(this)
    owner.calls++
    if (owner.calls >= owner.killAt) return site.kill(owner)
    if (site.before !== undefined) {
      site.machine.runner.stir()
      site.before({ multi: owner, call: name, args, number: owner.calls })
      if (!owner.alive) return
      // Stopped right before it: it makes the call when it goes on.
      if (owner.suspended) {
        owner.calls--
        owner.held.push(this)
        return
      }
    }
    const rule = site.faults.hit(name, args, owner)
    const error = rule === undefined || this.#reject === undefined ? undefined : thrownBy(name, args, rule)
    if (rule !== undefined && error !== undefined) return this.#throw(rule, error)
    const value = rule === undefined ? this.#effect() : this.#failed(rule)
    site.machine.story.add(site.machine.clock.micros, owner.label, name, args, value)
    if (rule?.kills === true) site.kill(owner)
    else {
      site.machine.runner.stir()
      this.#settle(value)
    }
  }

  #throw(rule: FaultRule, error: Error): void {
    const { owner, name, args } = this
    const { machine } = this.#site
    if (comesTooLate(name, rule)) this.#effect()
    machine.story.add(machine.clock.micros, owner.label, name, args, `throws ${error.message}`)
    machine.runner.stir()
    this.#reject?.(error)
  }
}

/** How every method of the port becomes a parked call. */
export class Calls {
  readonly multi: Multi
  protected readonly site: Site

  constructor(site: Site, multi: Multi) {
    this.site = site
    this.multi = multi
  }

  protected call<T>(
    name: string,
    args: readonly unknown[],
    effect: () => T,
    failed: (rule: FaultRule) => T,
  ): Promise<T> {
    const { multi, site } = this
    if (!multi.alive) return never()
    return new Promise<T>((resolve, reject) => {
      site.machine.runner.push(new Call(site, multi, name, args, effect, failed, resolve, reject))
    })
  }

  /** A call that the system may refuse with an errno name. */
  protected attempt(name: string, args: readonly unknown[], effect: () => Errno): Attempt {
    return this.call<Result<void, Fault>>(
      name,
      args,
      () => {
        const code = effect()
        return code === undefined ? ok(undefined) : err(this.fault(code, name, args))
      },
      (rule) => this.refused(rule, name, args),
    )
  }

  protected refused(rule: FaultRule, name: string, args: readonly unknown[]): Result<never, Fault> {
    return err(this.fault(rule.code ?? 'EIO', name, args))
  }

  protected fault(code: string, call: string, args: readonly unknown[]): Fault {
    return typeof args[0] === 'string' ? { code, call, path: args[0] } : { code, call }
  }
}

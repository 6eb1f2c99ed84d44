import type { Body, House, OnReady } from '../house.ts'
import { reopenLog } from '../output.ts'
import { COLD } from '../signals.ts'
import { Stopping } from '../stopping.ts'
import type { Sample } from '../vitals.ts'
import { Crew } from './crew.ts'
import { type ChildExit, describe, isRefusal } from './exit.ts'
import type { Slot } from './slot.ts'
import { Trouble } from './trouble.ts'

/** `-P prefork`: the same app in several children, looked after by a parent that runs nothing of it. */
export class Pool implements Body {
  readonly stopping: Stopping
  readonly #house: House
  readonly #crew: Crew
  #quiet = false
  /** It was told to be quiet, and a child cannot. */
  #loud = false
  /** All children were ready once. */
  #begun = false
  readonly #trouble = new Trouble(() => this.#turn())
  /** The app could not be started at all: there is nothing to wait for. */
  #broken = false
  #code = 0
  #onReady: OnReady = () => false
  #finish: () => void = () => {}

  constructor(house: House, argv: readonly string[]) {
    this.#house = house
    this.stopping = new Stopping(house.log)
    this.#crew = new Crew(house, argv, {
      turn: () => this.#turn(),
      loud: (index) => this.#cannotBeQuiet(index),
      failed: (slot, exit, wasReady) => this.#failed(slot, exit, wasReady),
      drained: (slot, exit) => this.#drained(slot, exit),
    })
  }

  prepare = (): void => this.#crew.makeLogs()

  takesAbort = (): boolean => this.#crew.takesAbort

  warm(by: string): void {
    this.stopping.warm(by)
    this.#turn()
  }

  soft(by: string): void {
    this.warm(by)
    this.stopping.soft(by)
    this.#crew.order('soft')
  }

  /** Without a parent they would finish their jobs; that is not what was asked. */
  cold(by: string): void {
    this.#house.log.warn(`${by}: leaving at once`)
    this.#crew.kill()
    this.#house.leave(COLD, `${by}: left at once`)
  }

  quiet(): void {
    if (this.#closing) return
    this.#quiet = true
    this.#loud = false
    this.#crew.order('quiet')
    this.#turn()
  }

  resume(): void {
    if (this.#closing) return
    this.#quiet = false
    this.#loud = false
    this.#crew.order('resume')
    this.#turn()
  }

  /** Half a pool that is quiet would be no pool: the others take jobs again, and what ends is replaced. */
  #cannotBeQuiet(index: number): void {
    this.#house.log.warn(`child ${index} cannot be quiet and goes on taking jobs`)
    if (!this.#quiet || this.#closing) return
    this.#quiet = false
    this.#loud = true
    this.#crew.order('resume')
  }

  reopen(): void {
    reopenLog(this.#house)
    this.#crew.order('reopen')
  }

  dump(): void {
    this.#crew.dump(this.sample())
    this.#crew.order('dump')
  }

  sample(): Sample {
    const { exit: trouble } = this.#trouble
    const state = {
      stopping: this.#closing,
      begun: this.#begun,
      quiet: this.#quiet,
      loud: this.#loud,
      ...(trouble && { trouble }),
    }
    return this.#crew.sample(state)
  }

  run(_file: string, onReady: OnReady): Promise<number> {
    return new Promise((resolve) => {
      this.#onReady = onReady
      this.#finish = () => resolve(this.#code)
      this.#turn()
    })
  }

  get #closing(): boolean {
    return this.stopping.requested || this.#broken
  }

  /** After everything that happens: look, and do what follows. */
  #turn(): void {
    this.#crew.rest()
    if (this.#closing) this.#close()
    // A pool that is quiet wants no children that it does not have: they would begin by taking jobs.
    else if (!this.#quiet) this.#crew.keepUp(this.#begun)
    if (this.#crew.allReady && !this.#closing) this.#allReady()
    this.#house.changed()
  }

  #allReady(): void {
    this.#trouble.over()
    if (this.#begun) return
    this.#begun = this.#onReady()
    if (this.#begun) return this.#house.announced()
    this.#break(1, 'the pidfile cannot be written')
    this.#close()
  }

  #break(code: number, why: string): void {
    this.#house.log.error(why)
    this.#house.because(why)
    this.#broken = true
    this.#code = code
  }

  #close(): void {
    if (!this.#crew.close()) return
    if (this.#code === 0) this.#house.log.info('stopped')
    this.#finish()
  }

  #failed(slot: Slot, exit: ChildExit, wasReady: boolean): void {
    const what = describe(slot.index, exit)
    // An app that cannot be started is the same failure with and without a pool: whoever started it is told.
    if (!this.#begun && isRefusal(exit, wasReady)) return this.#break(exit.code || 1, `${what}, and was never ready`)
    const seconds = (slot.backOff() / 1000).toFixed(1)
    const reason = `${what}; starting it again in ${seconds} s, failure ${slot.failures} in a row, for ever`
    this.#house.log.error(reason)
    this.#trouble.begin(exit.code, reason)
  }

  #drained(slot: Slot, exit: ChildExit): void {
    if (exit.code === 0) return this.#house.log.info(`child ${slot.index} is closed`)
    const what = `${describe(slot.index, exit)}, while it was closed`
    this.#house.log.error(what)
    if (!this.#closing || this.#code !== 0) return
    this.#code = 1
    this.#house.because(what)
  }
}

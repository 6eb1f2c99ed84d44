import type { House } from '../house.ts'
import type { Sample } from '../vitals.ts'
import { aggregate, backlogOf, type PoolState } from './aggregate.ts'
import { decide, type Step, wakeAt } from './decide.ts'
import { dumpPool } from './dump.ts'
import { forkChild } from './fork.ts'
import { makeChildLogs } from './logs.ts'
import type { Order } from './messages.ts'
import { scaleTo, shrinksAt } from './scale.ts'
import { Slot, type SlotEvents } from './slot.ts'
import { type Limits, limitsOf, membersOf, type PoolView } from './view.ts'

const now = () => performance.now()

/** Node's timers end at once that are longer than 2^31. */
const LONGEST_MS = 2 ** 30

/** The children of a pool, kept at the number that is wanted. */
export class Crew {
  readonly #house: House
  readonly #slots: readonly Slot[]
  readonly #limits: Limits
  readonly #turn: () => void
  #wanted: number
  #scaledUpAt = now()
  #timer: NodeJS.Timeout | undefined

  constructor(house: House, argv: readonly string[], events: SlotEvents) {
    const { autoscale, concurrency } = house.options
    this.#house = house
    this.#turn = events.turn
    this.#wanted = autoscale?.min ?? concurrency
    this.#limits = limitsOf(house.options)
    const fork = (index: number) => forkChild(house, argv, index)
    const places = Array.from({ length: autoscale?.max ?? concurrency }, (_, at) => at + 1)
    this.#slots = places.map((index) => new Slot(index, fork, house.log, events))
  }

  /** In numbers, as multi hands them on; a user's name has to do without. */
  makeLogs(): void {
    const { logfile, uid, gid } = this.#house.options
    if (uid !== undefined && gid !== undefined) makeChildLogs(logfile, this.#slots.length, Number(uid), Number(gid))
  }

  get takesAbort(): boolean {
    return this.#slots.some(({ report }) => report?.soft === true)
  }

  get allReady(): boolean {
    const members = membersOf(this.#view())
    return members.length >= this.#wanted && members.every(({ phase }) => phase === 'ready')
  }

  sample(state: PoolState): Sample {
    return aggregate(this.#slots, state)
  }

  dump(sample: Sample): void {
    dumpPool(this.#house.log, sample, this.#slots)
  }

  order(order: Order): void {
    for (const slot of this.#slots) slot.order(order)
  }

  kill(): void {
    for (const slot of this.#slots) slot.kill()
  }

  /** Starts, replaces and closes children until all is as it should be. */
  keepUp(begun: boolean): void {
    if (begun) this.#scale()
    // Who is still to be ready for the first time is not replaced: on a busy queue that might never come to an end.
    const { keepAliveMs } = this.#limits
    for (const step of decide(this.#view(), begun ? this.#limits : { keepAliveMs }, now())) this.#act(step)
    const view = this.#view()
    const wake = Math.min(wakeAt(view), shrinksAt(view, this.#limits)) - now()
    if (Number.isFinite(wake)) this.#timer = setTimeout(this.#turn, Math.ceil(Math.min(LONGEST_MS, Math.max(1, wake))))
  }

  /** Nothing by itself until the next keepUp. */
  rest(): void {
    clearTimeout(this.#timer)
  }

  /** True when all are gone. */
  close(): boolean {
    const running = this.#slots.filter((slot) => slot.running)
    for (const slot of running) if (slot.view().phase !== 'draining') slot.drain(undefined, 'the worker ends')
    return running.length === 0
  }

  #view(): PoolView {
    const slots = this.#slots.map((slot) => slot.view())
    return { slots, wanted: this.#wanted, backlog: backlogOf(this.#slots), scaledUpAt: this.#scaledUpAt }
  }

  #scale(): void {
    const wanted = scaleTo(this.#view(), this.#limits, now())
    if (wanted === this.#wanted) return
    if (wanted > this.#wanted) this.#scaledUpAt = now()
    this.#house.log.info(`scaling from ${this.#wanted} to ${wanted} children`)
    this.#wanted = wanted
  }

  #act(step: Step): void {
    const slot = this.#slots[step.index - 1]
    if (step.step === 'start') slot?.start()
    else if (step.step === 'drop') slot?.drop()
    else slot?.drain(step.why, step.because)
  }
}

import type { Clock } from './clock.ts'
import type { Scheduler } from './scheduler.ts'

/** Who can be killed and suspended while a call of his is parked. */
export interface Owner {
  alive: boolean
  suspended: boolean
  /** Tasks that became ready while he was suspended. */
  held: Task[]
}

/** Something that is ready to happen as soon as the scheduler picks it. */
export interface Task {
  readonly owner: Owner | undefined
  run(): void
}

/** Where code that awaits something other than the port (an import) may still be busy. */
const PATIENCE = 8

/** Its reactions are microtasks like those of queueMicrotask(), which makes an async resource for each. */
const NOW = Promise.resolve()

export class Runner {
  readonly #clock: Clock
  readonly #callMicros: number
  ready: Task[] = []
  scheduler: Scheduler
  steps = 0
  /** Whether anything can follow from the last steps: a call has settled, or a test has carried out its plan. */
  #stirred = false
  #driving = false

  constructor(clock: Clock, scheduler: Scheduler, callMicros: number) {
    this.#clock = clock
    this.scheduler = scheduler
    this.#callMicros = callMicros
  }

  push(task: Task): void {
    const { owner } = task
    if (owner === undefined) this.ready.push(task)
    else if (!owner.alive) return
    else if (owner.suspended) owner.held.push(task)
    else this.ready.push(task)
  }

  /** Says that something can follow from this step. */
  stir(): void {
    this.#stirred = true
  }

  /** What somebody has parked, taken out. */
  take(owner: Owner): Task[] {
    const taken = this.ready.filter((task) => task.owner === owner)
    if (taken.length > 0) this.ready = this.ready.filter((task) => task.owner !== owner)
    return taken
  }

  /** One step; false when nothing can ever happen that settles a promise. */
  advance(): boolean {
    if (this.ready.length === 0) return this.#wait()
    const pause = this.scheduler.pause()
    if (pause > 0) this.#clock.elapse(pause)
    const task = this.#takeAt(this.scheduler.pick(this.ready.length))
    this.steps++
    this.#clock.elapse(this.#callMicros)
    // Its owner may have been ended by a timer just now.
    const { owner } = task
    if (owner?.alive === false) return true
    if (owner?.suspended === true) owner.held.push(task)
    else task.run()
    return true
  }

  /** Like splice(), which makes an array for each. */
  #takeAt(at: number): Task {
    const { ready } = this
    const task = ready[at] as Task
    const last = ready.length - 1
    for (let i = at; i < last; i++) ready[i] = ready[i + 1] as Task
    ready.pop()
    return task
  }

  #wait(): boolean {
    const next = this.#clock.hopes > 0 ? this.#clock.next() : undefined
    if (next === undefined) return false
    this.steps++
    this.#clock.moveTo(next)
    return true
  }

  /**
   * Steps until `done`; false when it got stuck. Between two steps everything that follows from the last one must have run:
   * a tick queued from a microtask comes after the last microtask, however long the chain of awaits. From what processes do
   * and from time that passes nothing follows: they settle no promise.
   */
  drive(done: () => boolean): Promise<boolean> {
    if (this.#driving) throw new Error('This world is being driven already: await the other run first')
    this.#driving = true
    return new Promise<boolean>((resolve, reject) => {
      let idle = 0
      const defer = (): void => process.nextTick(turn)
      const next = (): void => void NOW.then(defer)
      const inOne = (): boolean => !this.#stirred && (this.steps & 4095) !== 0
      const step = (): void => {
        this.#stirred = false
        let moved: boolean
        do {
          if (done()) return resolve(true)
          moved = this.advance()
        } while (moved && inOne())
        if (moved) {
          idle = 0
          // Now and then the test runner must have its turn.
          if ((this.steps & 4095) === 0) setImmediate(next)
          else next()
        } else if (idle++ < PATIENCE) setImmediate(next)
        else resolve(false)
      }
      const turn = (): void => {
        try {
          step()
        } catch (error) {
          reject(error as Error)
        }
      }
      next()
    }).finally(() => {
      this.#driving = false
    })
  }
}

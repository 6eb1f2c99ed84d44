import type { Clock } from './clock.ts'
import type { Runner } from './runner.ts'
import type { Scheduler } from './scheduler.ts'
import type { Story } from './story.ts'

const TOLD = 60

/** Nothing can happen any more, and somebody still waits; or it never ends. The message tells the story. */
export class Stuck extends Error {
  override readonly name = 'Stuck'
}

interface Call {
  readonly name?: string
  readonly args?: readonly unknown[]
  readonly owner?: { readonly label?: string } | undefined
}

/** How a world is made to go on. */
export class Stage {
  readonly #clock: Clock
  readonly #story: Story
  readonly #stepLimit: number
  protected readonly runner: Runner

  constructor(clock: Clock, runner: Runner, story: Story, stepLimit: number) {
    this.#clock = clock
    this.runner = runner
    this.#story = story
    this.#stepLimit = stepLimit
  }

  /** Scheduled tasks so far: calls, and what processes did. */
  get steps(): number {
    return this.runner.steps
  }

  /** Whoever sets it changes who goes next from now on. */
  set scheduler(scheduler: Scheduler) {
    this.runner.scheduler = scheduler
  }

  /** Everything that happened, a line each; or the last `count`. */
  story(count?: number): string {
    return `${this.runner.scheduler.name}\n${this.#story.tell(count)}`
  }

  /** A test's own plan: does that when virtual time has come so far. */
  after(ms: number, run: () => void): void {
    this.#clock.after(
      ms,
      () => {
        this.runner.stir()
        run()
      },
      true,
    )
  }

  /** Until no `multi` has anything parked. */
  async run(scheduler?: Scheduler): Promise<void> {
    if (scheduler) this.scheduler = scheduler
    await this.#drive(() => false)
  }

  /** Until `promise` settles; its value, or its error. */
  async runUntil<T>(promise: Promise<T>, scheduler?: Scheduler): Promise<T> {
    if (scheduler) this.scheduler = scheduler
    let settled = false
    const seen = (): void => {
      settled = true
    }
    promise.then(seen, seen)
    if (await this.#drive(() => settled)) return promise
    throw new Stuck(
      `Nothing can settle this promise any more (was its multi killed, or is it suspended?)\n${this.#situation()}`,
    )
  }

  /** Until that holds; false when nothing can happen any more. */
  runWhile(going: () => boolean): Promise<boolean> {
    return this.#drive(() => !going())
  }

  /** So much virtual time, whether or not anybody waits for it. */
  async pass(ms: number): Promise<void> {
    let over = false
    this.after(ms, () => {
      over = true
    })
    await this.#drive(() => over)
  }

  #drive(done: () => boolean): Promise<boolean> {
    const limit = this.runner.steps + this.#stepLimit
    return this.runner.drive(() => {
      if (this.runner.steps > limit) throw new Stuck(`No end after ${this.#stepLimit} steps\n${this.#situation()}`)
      return done()
    })
  }

  #situation(): string {
    const parked = this.runner.ready.map((task) => {
      const { owner, name, args } = task as Call
      return `  parked: ${owner?.label ?? 'a process'} ${name ?? ''} ${args?.map(String).join(' ') ?? ''}`
    })
    return [this.story(TOLD), ...parked].join('\n')
  }
}

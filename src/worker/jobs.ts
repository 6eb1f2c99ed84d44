/** A job that runs. */
export interface RunningJob {
  readonly label: string
  /** ms since the epoch. */
  readonly startedAt: number
}

export interface Counts {
  readonly active: number
  readonly reserved: number
  readonly done: number
  readonly oldestStartedAt: number | null
  /** Jobs that wait outside of the worker; undefined unless the app says. */
  readonly backlog: number | undefined
}

/** A count from an app: what makes no sense is none, because a wrong number must not end a worker. */
const count = (n: number): number => (Number.isFinite(n) && n > 0 ? Math.floor(n) : 0)

/**
 * The account of an app's jobs. A job has a key, and where the app's broker has one an object, so that two who report the
 * same job (BullMQ's events and the wrapper of its handler) do not count it twice.
 */
export class Jobs {
  readonly #running = new Map<unknown, RunningJob>()
  readonly #over = new WeakSet<object>()
  /** Those whose end is seen here and not told by a broker, and how many times each runs. */
  readonly #held = new Map<unknown, number>()
  #idle: () => void = () => {}
  readonly #changed: () => void
  #done = 0
  #reserved = 0
  #backlog: number | undefined

  constructor(changed: () => void) {
    this.#changed = changed
  }

  begin(key: unknown, label: string, startedAt = Date.now()): void {
    if (this.#running.has(key)) return
    this.#running.set(key, { label, startedAt })
    this.#changed()
  }

  /** The same, of a job whose end comes without fail: it is waited for. */
  hold(key: unknown, label: string): void {
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1)
    this.begin(key, label)
  }

  /** As `end`, of one that was held. */
  release(key: unknown, job?: object): void {
    const left = (this.#held.get(key) ?? 1) - 1
    if (left > 0) this.#held.set(key, left)
    else this.#held.delete(key)
    this.end(key, job)
    if (this.#held.size === 0) this.#idle()
  }

  /** How many are held. */
  get held(): number {
    return this.#held.size
  }

  /** Resolves when none is held. */
  allReleased(): Promise<void> {
    return this.held === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve))
  }

  /** With the job's object it counts once for each, also when nobody saw it begin. */
  end(key: unknown, job?: object): void {
    const ran = this.#running.delete(key)
    const first = job === undefined ? ran : !this.#over.has(job)
    if (job !== undefined) this.#over.add(job)
    if (first) this.#done += 1
    if (first || ran) this.#changed()
  }

  /** It runs no more, and was not done. */
  forget(key: unknown): void {
    if (this.#running.delete(key)) this.#changed()
  }

  reserve(n: number): void {
    this.#reserved = count(n)
    this.#changed()
  }

  wait(n: number): void {
    this.#backlog = count(n)
    this.#changed()
  }

  /** Oldest first: a Map keeps the order, but BullMQ's own start times may be older. */
  running(): readonly RunningJob[] {
    return [...this.#running.values()].sort((a, b) => a.startedAt - b.startedAt)
  }

  counts(): Counts {
    let oldest: number | null = null
    for (const { startedAt } of this.#running.values()) if (oldest === null || startedAt < oldest) oldest = startedAt
    const { size: active } = this.#running
    return { active, reserved: this.#reserved, done: this.#done, oldestStartedAt: oldest, backlog: this.#backlog }
  }
}

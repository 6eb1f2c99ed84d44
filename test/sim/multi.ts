import type { Exit } from '../../src/model/process.ts'
import type { Signal } from '../../src/model/signals.ts'
import type { Timer } from './heap.ts'
import type { Inode } from './inode.ts'
import type { SimProcess } from './process.ts'
import type { Owner, Task } from './runner.ts'

interface Rest {
  timer: Timer | undefined
  readonly wake: () => void
}

/** One process that runs `multi`: what its event loop has noticed, and what it holds. */
export class Multi implements Owner {
  readonly process: SimProcess
  readonly label: string
  readonly hostname: string
  alive = true
  /** Killed, or gone with its machine: what it was to answer nobody can ask for. */
  ended = false
  suspended = false
  held: Task[] = []
  /** Monotonic ms: since when it does not refresh its locks. */
  stoppedAt: number | undefined
  /** Calls that the scheduler has let through. */
  calls = 0
  /** It dies instead of making this call (counted from 1). */
  killAt = Infinity
  readonly interruptions: Signal[] = []
  /** They have come, and the event loop has not turned yet. */
  #arrived: Signal[] = []
  readonly exits = new Map<string, Exit>()
  readonly descriptors = new Map<number, Inode>()
  readonly #rests = new Set<Rest>()

  constructor(process: SimProcess, label: string, hostname: string) {
    this.process = process
    this.label = label
    this.hostname = hostname
    process.onChildEnd = () => this.wake()
  }

  /** Node reaps its children, and hears signals, only when its event loop turns. */
  turn(): void {
    this.interruptions.push(...this.#arrived.splice(0))
    for (const child of this.process.children) {
      if (child.state !== 'Z') continue
      this.exits.set(`${child.pid}:${child.startTicks}`, child.exited ?? {})
      child.machine.reap(child)
    }
  }

  #hasNews(): boolean {
    if (this.#arrived.length > 0) return true
    for (const child of this.process.children) if (child.state === 'Z') return true
    return false
  }

  /** `wake` is called once: after `ms`, or at once when there is news. */
  rest(ms: number, wake: () => void): void {
    const { clock } = this.process.machine
    const rest: Rest = { timer: undefined, wake }
    this.#rests.add(rest)
    if (this.#hasNews()) this.wake()
    else rest.timer = clock.after(ms, () => this.#end(rest), true)
  }

  #end(rest: Rest): void {
    if (!this.#rests.delete(rest)) return
    if (rest.timer) this.process.machine.clock.cancel(rest.timer)
    rest.wake()
  }

  interrupt(signal: Signal): void {
    this.#arrived.push(signal)
    this.wake()
  }

  wake(): void {
    for (const rest of this.#rests) this.#end(rest)
  }

  /** Nobody waits any more. */
  forget(): void {
    const { clock } = this.process.machine
    for (const { timer } of this.#rests) if (timer) clock.cancel(timer)
    this.#rests.clear()
    this.held = []
  }
}

/** A `multi` that waits ends in good order. */
export function heard(multi: Multi, signal: Signal): 'default' | 'handled' {
  if (signal !== 'INT' && signal !== 'TERM' && signal !== 'HUP') return 'default'
  multi.interrupt(signal)
  return 'handled'
}

import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Outlet } from '../report/index.ts'

type Failed = Parameters<Outlet['on']>[1]

/**
 * Writes to a descriptor as process.stdout does with files, pipes and terminals, but without it: what Node loads for it (streams,
 * sockets) takes a tenth of the time of `multi names`. Only when a descriptor is not to be waited for (EAGAIN: somebody made
 * it non-blocking, and it is full) the stream takes over, which can.
 */
class Descriptor {
  failed: Failed = () => undefined
  readonly #fd: 1 | 2
  readonly #open: () => Writable
  #stream: Writable | undefined

  constructor(fd: 1 | 2, open: () => Writable) {
    this.#fd = fd
    this.#open = open
  }

  write(text: string, done: () => void): unknown {
    if (this.#stream) return this.#stream.write(text, done)
    const bytes = Buffer.from(text)
    let at = 0
    try {
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at)
    } catch (error) {
      const fault = error as NodeJS.ErrnoException
      return fault.code === 'EAGAIN' ? this.#over().write(bytes.subarray(at), done) : this.failed(fault)
    }
    return done()
  }

  #over(): Writable {
    return (this.#stream ??= this.#open().on('error', this.failed))
  }
}

interface Waiting {
  readonly to: Descriptor
  text: string
  readonly done: (() => void)[]
}

/**
 * stdout and stderr. What is said in one turn of the event loop goes out together when it ends, in its order: a line for each of a
 * hundred nodes would wake whoever reads a hundred times.
 */
export function outlets(): { readonly stdout: Outlet; readonly stderr: Outlet } {
  let waiting: Waiting[] = []
  const pour = (): void => {
    const all = waiting
    waiting = []
    for (const { to, text, done } of all) to.write(text, () => done.forEach((tell) => tell()))
  }
  const outlet = (to: Descriptor): Outlet => ({
    on: (_event, listener) => (to.failed = listener),
    write(text, done) {
      if (waiting.length === 0) setImmediate(pour)
      const last = waiting.at(-1)
      if (last?.to !== to) return waiting.push({ to, text, done: [done] })
      last.text += text
      return last.done.push(done)
    },
  })
  return {
    stdout: outlet(new Descriptor(1, () => process.stdout)),
    stderr: outlet(new Descriptor(2, () => process.stderr)),
  }
}

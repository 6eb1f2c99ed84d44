/** What is needed of a stream; any Writable fits. `done` is called when the text has left, not when that failed. */
export interface Outlet {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  write(text: string, done: () => void): unknown
}

/** Looked up only when there is something to write: opening a stream costs start-up time. */
export interface Streams {
  readonly stdout: Outlet
  readonly stderr: Outlet
}

/** The one place that writes. Its functions need no `this`. */
export interface Sink {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Resolves when all that was written has left this process, or cannot any more. Before the command exits. */
  readonly flush: () => Promise<void>
  /** errno why stdout took not everything (`ENOSPC`); a reader that went away (EPIPE) is none. */
  readonly fault: () => string | undefined
}

interface Channel {
  write(text: string): void
  drained(): Promise<void>
  fault(): string | undefined
}

/** The stream itself finishes partial writes; here it is only counted what is still under way. */
function channel(stream: Outlet): Channel {
  let pending = 0
  let broken: string | undefined
  let waiting: (() => void)[] = []

  const settle = (): void => {
    if (pending > 0 && broken === undefined) return
    for (const resume of waiting) resume()
    waiting = []
  }
  // Without a listener, `multi status | head -1` would die of an uncaught error instead of finishing its work.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    broken ??= error.code ?? 'EIO'
    settle()
  })
  return {
    write(text) {
      if (text === '' || broken !== undefined) return
      pending += 1
      stream.write(text, () => {
        pending -= 1
        settle()
      })
    },
    drained: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        settle()
      }),
    fault: () => (broken === 'EPIPE' ? undefined : broken),
  }
}

export function createSink(streams: Streams): Sink {
  let stdout: Channel | undefined
  let stderr: Channel | undefined
  return {
    out: (text) => (stdout ??= channel(streams.stdout)).write(text),
    err: (text) => (stderr ??= channel(streams.stderr)).write(text),
    flush: async () => {
      await Promise.all([stdout?.drained(), stderr?.drained()])
    },
    fault: () => stdout?.fault(),
  }
}

import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Outlet } from '../report/index.ts'

type Failed = Parameters<Outlet['on']>[1]

/**
 * Writes to a descriptor at once, as process.stdout does with files, pipes and terminals, but without it: what Node loads for
 * it (streams, sockets) takes a tenth of the time of `multi names`. Only when a descriptor is not to be waited for
 * (EAGAIN: somebody made it non-blocking, and it is full) the stream takes over, which can.
 */
export function outlet(fd: 1 | 2, open: () => Writable): Outlet {
  let failed: Failed = () => undefined
  let stream: Writable | undefined
  const over = (): Writable => (stream ??= open().on('error', failed))
  return {
    on: (_event, listener) => (failed = listener),
    write(text, done) {
      if (stream) return stream.write(text, done)
      const bytes = Buffer.from(text)
      let at = 0
      try {
        while (at < bytes.length) at += writeSync(fd, bytes, at)
      } catch (error) {
        const fault = error as NodeJS.ErrnoException
        return fault.code === 'EAGAIN' ? over().write(bytes.subarray(at), done) : failed(fault)
      }
      return done()
    },
  }
}

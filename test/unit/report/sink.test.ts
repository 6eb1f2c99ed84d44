import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { createSink } from '../../../src/report/sink.ts'

/** A stream that takes each chunk only when it is let. */
function slow() {
  const taken: string[] = []
  const held: ((error?: Error) => void)[] = []
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, callback) {
      taken.push(chunk)
      held.push(callback)
    },
  })
  return { stream, taken, release: (error?: Error) => held.shift()?.(error) }
}

const errno = (code: string): Error => Object.assign(new Error(code), { code })
const settled = async (promise: Promise<void>): Promise<boolean> => {
  const turns = new Promise<false>((resolve) => setImmediate(() => setImmediate(() => resolve(false))))
  return await Promise.race([promise.then(() => true), turns])
}

it('flushes when the last byte has left', async () => {
  const [out, error] = [slow(), slow()]
  const sink = createSink({ stdout: out.stream, stderr: error.stream })
  sink.out('a')
  sink.out('b')
  sink.err('c')
  const flushed = sink.flush()
  out.release()
  error.release()
  expect(await settled(flushed)).toBe(false)
  out.release()
  await flushed
  expect([out.taken, error.taken]).toEqual([['a', 'b'], ['c']])
  expect(await settled(sink.flush())).toBe(true)
})

it('opens no stream that nothing is written to', async () => {
  const sink = createSink({
    get stdout(): Writable {
      throw new Error('touched')
    },
    get stderr(): Writable {
      throw new Error('touched')
    },
  })
  await sink.flush()
  expect(sink.fault()).toBeUndefined()
})

it.each([
  ['EPIPE', undefined],
  ['ENOSPC', 'ENOSPC'],
])('goes on quietly after %s', async (code, fault) => {
  const { stream, taken, release } = slow()
  const sink = createSink({ stdout: stream, stderr: stream })
  sink.out('a')
  sink.out('b')
  const flushed = sink.flush()
  release(errno(code))
  await flushed
  sink.out('c')
  await sink.flush()
  expect(taken).toEqual(['a'])
  expect(sink.fault()).toBe(fault)
})

import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { type Counting, countBullJobs } from '../../../src/worker/bullmq.ts'
import { type AppContext, makeContext } from '../../../src/worker/context.ts'
import { Jobs } from '../../../src/worker/jobs.ts'
import { makeLog } from '../../../src/worker/log.ts'
import { readOptions } from '../../../src/worker/options.ts'

let jobs: Jobs
let context: AppContext

beforeEach(() => {
  jobs = new Jobs(() => {})
  const options = readOptions(['-A', 'x'])
  if (!options.ok) throw new Error(options.error)
  context = makeContext(options.value, {
    jobs,
    log: makeLog('w1', 'error'),
    signal: () => new AbortController().signal,
    onQuiet: () => {},
    onResume: () => {},
  })
})

const counts = () => {
  const { active, done } = jobs.counts()
  return { active, done }
}

describe('a wrapped handler', () => {
  it('counts from the call until its promise settles, and hands arguments, result and this through', async () => {
    let finish: (text: string) => void = () => {}
    const handler = context.job(function (this: { word: string }, n: number, text: string) {
      return new Promise<string>((resolve) => {
        finish = (more) => resolve(`${this.word} ${n} ${text} ${more}`)
      })
    })
    expectTypeOf(handler).toEqualTypeOf<(this: { word: string }, n: number, text: string) => Promise<string>>()
    const result = handler.call({ word: 'this' }, 1, 'two')
    expect(counts()).toEqual({ active: 1, done: 0 })
    finish('three')
    expect(await result).toBe('this 1 two three')
    expect(counts()).toEqual({ active: 0, done: 1 })
  })

  it('passes a rejection and a throw on, and counts them as done', async () => {
    await expect(context.job(async () => Promise.reject(new Error('later')))()).rejects.toThrow('later')
    expect(() =>
      context.job(() => {
        throw new Error('now')
      })(),
    ).toThrow('now')
    expect(counts()).toEqual({ active: 0, done: 2 })
  })

  it('that is not asynchronous answers at once', () => {
    expect(context.job((n: number) => n + 1)(1)).toBe(2)
    expect(counts()).toEqual({ active: 0, done: 1 })
  })

  it('keeps its name and its number of arguments, by which BullMQ decides about its own signal', () => {
    const resize = (_job: unknown, _token: unknown, _signal: unknown) => {}
    const wrapped = context.job(resize)
    expect([wrapped.name, wrapped.length]).toEqual(['resize', 3])
  })

  it('counts each of several that run at once, also with the same argument', () => {
    const forever = context.job(() => new Promise(() => {}))
    void forever()
    void forever()
    expect(counts()).toEqual({ active: 2, done: 0 })
  })
})

it('a job that was started by hand ends once', () => {
  const end = context.jobs.start('by hand')
  expect(counts()).toEqual({ active: 1, done: 0 })
  expect(jobs.running()).toMatchObject([{ label: 'by hand' }])
  end()
  end()
  expect(counts()).toEqual({ active: 0, done: 1 })
})

it('the oldest is the one that began first', () => {
  jobs.begin(1, 'a', 3000)
  jobs.begin(2, 'b', 1000)
  expect(jobs.counts().oldestStartedAt).toBe(1000)
  jobs.end(2)
  expect(jobs.counts().oldestStartedAt).toBe(3000)
  jobs.end(1)
  expect(jobs.counts().oldestStartedAt).toBeNull()
})

it('what the app reports is kept, and a number that makes no sense is none', () => {
  expect(jobs.counts()).toMatchObject({ reserved: 0, backlog: undefined })
  context.reserved(3.7)
  context.backlog(12)
  expect(jobs.counts()).toMatchObject({ reserved: 3, backlog: 12 })
  context.reserved(-1)
  context.backlog(Number.NaN)
  expect(jobs.counts()).toMatchObject({ reserved: 0, backlog: 0 })
})

describe('a BullMQ worker', () => {
  class Worker extends EventEmitter {
    readonly name = 'images'
    readonly opts = {}
    readonly lockManager = { trackedJobs: new Map<string, unknown>() }
    pause() {}
    resume() {}
    close() {}
    isRunning = () => true
  }
  const job = (id: string) => ({ id, queueName: 'images', processedOn: 5 })
  let worker: Worker
  let counting: Counting

  beforeEach(() => {
    worker = new Worker()
    counting = countBullJobs([worker], jobs)
  })

  it('is counted by its events, each job once', () => {
    const [one, two] = [job('1'), job('2')]
    worker.emit('active', one)
    worker.emit('active', one)
    worker.emit('active', two)
    expect(jobs.counts()).toMatchObject({ active: 2, done: 0, oldestStartedAt: 5 })
    worker.emit('completed', one)
    worker.emit('completed', one)
    worker.emit('failed', two)
    expect(counts()).toEqual({ active: 0, done: 2 })
  })

  it('has one job, not two, when its handler is wrapped as well', async () => {
    const one = job('1')
    const handler = context.job(async (_job: unknown) => {})
    worker.emit('active', one)
    const running = handler(one)
    expect(counts()).toEqual({ active: 1, done: 0 })
    await running
    expect(counts()).toEqual({ active: 0, done: 1 })
    worker.emit('completed', one)
    expect(counts()).toEqual({ active: 0, done: 1 })
  })

  it('may try a job again, which is another one done', () => {
    for (const attempt of [job('1'), job('1')]) {
      worker.emit('active', attempt)
      worker.emit('failed', attempt)
    }
    expect(counts()).toEqual({ active: 0, done: 2 })
  })

  it('loses a job of its own that stalled, and none for one of another worker', () => {
    worker.emit('active', job('1'))
    worker.emit('stalled', '9')
    expect(counts()).toEqual({ active: 1, done: 0 })
    worker.emit('stalled', '1')
    expect(counts()).toEqual({ active: 0, done: 0 })
  })

  it('that had a job before it was listened to: it is counted when it ends', () => {
    worker.emit('completed', job('1'))
    expect(counts()).toEqual({ active: 0, done: 1 })
  })

  it('may fail a job that is gone (BullMQ then names none)', () => {
    worker.emit('failed', undefined, new Error('stalled too often'))
    expect(counts()).toEqual({ active: 0, done: 0 })
  })

  it('that put a job back without a word has it no more on the second look', () => {
    worker.emit('active', job('1'))
    worker.lockManager.trackedJobs.set('1', {})
    counting.sweep()
    counting.sweep()
    expect(counts()).toEqual({ active: 1, done: 0 })
    worker.lockManager.trackedJobs.clear()
    counting.sweep()
    expect(counts()).toEqual({ active: 1, done: 0 })
    counting.sweep()
    expect(counts()).toEqual({ active: 0, done: 0 })
  })

  it('is known by its shape: a queue and an emitter of other things are not', () => {
    const other = Object.assign(new EventEmitter(), { name: 'images', opts: {}, close() {} })
    countBullJobs([other, null, 1, { close() {} }], jobs)
    other.emit('active', job('1'))
    expect(counts()).toEqual({ active: 0, done: 0 })
  })
})

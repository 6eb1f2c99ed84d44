// BullMQ workers. Their jobs are counted by their events, `multi quiet` pauses them, `multi stopwait` waits for what they run.

import { appendFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'bullmq'

const connection = { url: process.env.REDIS_URL ?? 'redis://localhost:6379' }
const done = process.env.DONE_FILE ?? 'done.txt'

/** A job that is aborted (a second Ctrl-C) fails, and BullMQ tries it again where `attempts` allows. */
const work = (signal) => async (job) => {
  await sleep(job.data.ms, undefined, { signal })
  // One write at the end of the file (O_APPEND): lines of many workers do not mix.
  await appendFile(done, `${job.data.id}\n`)
}

export default async function images({ queues, concurrency, signal, log }) {
  const names = queues.length > 0 ? queues : ['images']
  const workers = names.map((name) => new Worker(name, work(signal), { connection, concurrency }))
  for (const worker of workers) {
    worker.on('failed', (job, error) => log.warn('failed', { job: job?.id, error }))
    worker.on('error', (error) => log.error('trouble', { queue: worker.name, error }))
  }
  // Ready when Redis answers, and not before: until then `multi start` waits.
  await Promise.all(workers.map((worker) => worker.waitUntilReady()))
  return workers
}

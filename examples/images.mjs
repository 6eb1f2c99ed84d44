// A worker without a broker: its queues are folders, its jobs are files, and a job is taken by renaming it.
//
//     multi start 3 -A ./examples/images.mjs -Q images,thumbnails -c 4
//     multi status 3            (who does how many jobs)
//     multi quiet 3             (no more are taken; multi resume 3)
//     multi stopwait 3          (running jobs are finished, the others stay in their folders)
//
// The first worker that finds its queue empty puts some demo jobs in, so that there is something to see.
// $IMAGES_SPOOL names another place for the folders.

import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const spool = process.env.IMAGES_SPOOL ?? join(tmpdir(), `multi-images-spool-${process.getuid()}`)

// `0001.job` waits; `0001.job.4711` is being done by process 4711.
const WAITING = /\.job$/
const CLAIMED = /\.job\.(\d+)$/

const DEMO_JOBS = 40
const IDLE_MS = 250

/** What multi's host calls. The worker is ready when this function is done; what it returns is closed at the end. */
export default async function images({ queues, concurrency, job, backlog, signal, log }) {
  const folders = (queues.length > 0 ? queues : ['images']).map((queue) => join(spool, queue))
  for (const folder of folders) await prepare(folder, log)

  const gate = new Gate()
  // Wrapped, each call counts as a job: `multi status` and `multi stopwait` show them.
  const work = job((claimed) => doWork(claimed, signal, log))
  const lanes = Array.from({ length: concurrency }, () => lane(folders, gate, work, backlog))

  return {
    // Take no more jobs, and wait for those that are running. The host waits for this promise, however long it takes.
    async close() {
      gate.close()
      await Promise.all(lanes)
    },
    pause: () => gate.pause(),
    resume: () => gate.resume(),
  }
}

/** Whether jobs are taken. */
class Gate {
  #closing = new AbortController()
  #paused = false
  #passing = new Set()

  get closed() {
    return this.#closing.signal.aborted
  }
  get open() {
    return !this.closed && !this.#paused
  }
  /** Quiet is who takes nothing any more, also not what was being looked for just now. */
  async pause() {
    this.#paused = true
    await Promise.all(this.#passing)
  }
  resume() {
    this.#paused = false
  }
  close() {
    this.#closing.abort()
  }
  async pass(claiming) {
    this.#passing.add(claiming)
    const claimed = await claiming
    this.#passing.delete(claiming)
    return claimed
  }
  /** A moment, or less when it is closed. */
  async rest() {
    await sleep(IDLE_MS, undefined, { signal: this.#closing.signal }).catch(() => {})
  }
}

/** One job at a time until the worker closes; `concurrency` lanes run side by side. */
async function lane(folders, gate, work, backlog) {
  while (!gate.closed) {
    const claimed = gate.open ? await gate.pass(claim(folders, backlog)) : undefined
    if (claimed) await work(claimed)
    else await gate.rest()
  }
}

/** rename(2) succeeds for exactly one of all workers that try it: that one has the job. */
async function claim(folders, backlog) {
  let left = 0
  try {
    for (const folder of folders) {
      const waiting = (await readdir(folder)).filter((name) => WAITING.test(name)).sort()
      left += waiting.length
      for (const name of waiting) {
        const job = { name, waiting: join(folder, name), claimed: join(folder, `${name}.${process.pid}`) }
        if (await moved(job.waiting, job.claimed)) return job
      }
    }
  } finally {
    // What waits in the broker, as far as was looked: --autoscale goes by it.
    backlog(left)
  }
}

/** Pretends to work for as long as the job says. Told to give up (a second Ctrl-C), it puts the job back. */
async function doWork(job, signal, log) {
  const { title, ms } = JSON.parse(await readFile(job.claimed, 'utf8'))
  log.debug('begin', { job: job.name, title })
  try {
    await sleep(ms, undefined, { signal })
    await rm(job.claimed)
    log.info('done', { job: job.name, title, ms })
  } catch (error) {
    await moved(job.claimed, job.waiting)
    log.warn('put back', { job: job.name, error })
  }
}

async function prepare(folder, log) {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await rescue(folder, log)
  await fill(folder, log)
}

/** Jobs of workers that died are waiting again. */
async function rescue(folder, log) {
  for (const name of await readdir(folder)) {
    const pid = Number(CLAIMED.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    const back = name.replace(CLAIMED, '.job')
    if (await moved(join(folder, name), join(folder, back))) log.warn('rescued', { job: back, from: pid })
  }
}

/** Fills an empty queue. mkdir(2) lets one worker in: ten that start at once put the jobs in once. */
async function fill(folder, log) {
  const marker = join(folder, '.filling')
  try {
    await mkdir(marker)
  } catch (error) {
    if (error.code === 'EEXIST') return
    throw error
  }
  try {
    if ((await readdir(folder)).some((name) => WAITING.test(name) || CLAIMED.test(name))) return
    for (let n = 1; n <= DEMO_JOBS; n += 1) await addJob(folder, n)
    log.info('demo jobs put in', { folder, jobs: DEMO_JOBS })
  } finally {
    await rmdir(marker)
  }
}

/** Written under another name first: nobody claims half a job. */
async function addJob(folder, n) {
  const name = `${String(n).padStart(4, '0')}.job`
  const job = { title: `picture ${n}`, ms: 300 + Math.round(Math.random() * 1700) }
  await writeFile(join(folder, `${name}.new`), JSON.stringify(job))
  await rename(join(folder, `${name}.new`), join(folder, name))
}

const moved = (from, to) =>
  rename(from, to).then(
    () => true,
    () => false,
  )

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

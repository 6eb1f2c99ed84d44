import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rigFor, until, whileNothingHappens } from '../rig/rig.ts'
import { expectHeedsWishes, expectWholeLife, missingPool, POOLS, threadsOf } from './bridge-life.ts'
import { Redis, Worker } from './bridged.ts'
import { PYTHON } from './broker.ts'
import { note, skip } from './celery.ts'

const required = process.env['MULTI_REQUIRE_PEERS'] === '1'
const script = join(dirname(PYTHON), 'celery')

/**
 * A heartbeat that is due before Celery has seen that its broker is gone waits for the broker, in the thread that would see it
 * (celery/events/dispatcher.py publishes with a retry, kombu's retry_over_time sleeps).
 */
const NO_HEARTBEAT = ['--without-heartbeat']

describe.skipIf(skip)(`the Celery bridge on Redis${note}`, { concurrent: true }, () => {
  const redis = new Redis()
  beforeAll(() => redis.start())
  afterAll(() => redis.stop())

  for (const pool of POOLS) {
    const missing = missingPool(pool)
    test.skipIf(missing !== undefined && !required)(
      `tells of a whole life in the pool ${pool}, and the job that runs at TERM is finished${missing ? ` (skipped: ${missing})` : ''}`,
      (context) => expectWholeLife(rigFor(context), redis.url, pool),
    )

    test.skipIf(missing !== undefined && !required)(
      `takes no more jobs when that is wished, in the pool ${pool}${missing ? ` (skipped: ${missing})` : ''}`,
      (context) => expectHeedsWishes(rigFor(context), redis.url, pool),
    )
  }

  test('has its thread in the main process only, also when pool processes are replaced', async (context) => {
    const rig = rigFor(context)
    const worker = new Worker(rig, redis.url, { options: ['--max-tasks-per-child=1'] })
    await worker.is('ready')
    const children = () =>
      rig
        .processes()
        .filter(({ ppid }) => ppid === worker.pid)
        .map(({ pid }) => pid)
    const before = await until(() => (children().length === 2 ? children() : undefined), 'two pool processes')
    expect(before.map(threadsOf)).toEqual([1, 1])
    await worker.works()
    const after = await until(() => {
      const now = children()
      return now.length === 2 && now.some((pid) => !before.includes(pid)) ? now : undefined
    }, 'a new pool process')
    expect(after.map(threadsOf)).toEqual([1, 1])
    expect(threadsOf(worker.pid)).toBe(2)
    expect(worker.vitals()?.pid).toBe(worker.pid)
    // It answers, so it has come back from that fork: Celery 5.2.6 loses a TERM that comes in the middle of one (what its handler
    // raises is ignored in a callback of os.register_at_fork).
    await worker.control('add_consumer', 'another')
    await worker.says(({ queues }) => queues?.length === 2, 'two queues')
    await worker.stop()
  })

  test('counts jobs that wait inside the worker apart from those that run', async (context) => {
    const worker = new Worker(rigFor(context), redis.url, { pool: 'prefork' })
    await worker.is('ready')
    const jobs = [await worker.job('one'), await worker.job('two')]
    const third = worker.job('three')
    expect(await worker.says(({ reserved }) => reserved === 1, 'one that waits')).toMatchObject({ active: 2, done: 0 })
    for (const { end } of jobs) end()
    ;(await third).end()
    expect(await worker.says(({ done }) => done === 3, 'three done')).toMatchObject({ active: 0, reserved: 0 })
    await worker.stop()
  })

  test('is quiet when remote control has cancelled its queues, and ready again', async (context) => {
    const worker = new Worker(rigFor(context), redis.url, { options: ['-Q', 'one,two'] })
    expect((await worker.is('ready')).queues).toEqual(['one', 'two'])
    await worker.control('cancel_consumer', 'one')
    expect((await worker.says(({ queues }) => queues?.length === 1, 'one queue')).state).toBe('ready')
    await worker.control('cancel_consumer', 'two')
    expect((await worker.is('quiet')).queues).toEqual([])
    await worker.control('add_consumer', 'one')
    expect((await worker.is('ready')).queues).toEqual(['one'])
    await worker.stop()
  })

  test('heeds no wish that was there before it, and none that it does not know', async (context) => {
    const rig = rigFor(context)
    symlinkSync('quiet', join(rig.directory, 'w1.vitals.wish'))
    const worker = new Worker(rig, redis.url)
    await worker.is('ready')
    expect(worker.isWished()).toBe(false)
    worker.wish('rich')
    await until(() => !worker.isWished(), 'the wish to be taken')
    writeFileSync(worker.wishFile, 'quiet')
    await whileNothingHappens(1500)
    expect(worker.vitals()).toMatchObject({ state: 'ready', queues: [worker.queue] })
    rmSync(worker.wishFile)
    await worker.stop()
  })

  test('heeds wishes also after its broker was away, and none meanwhile', async (context) => {
    const broker = new Redis()
    context.onTestFinished(() => broker.stop())
    await broker.start()
    const worker = new Worker(rigFor(context), broker.url, { options: NO_HEARTBEAT })
    await worker.is('ready')
    await broker.pause()
    await worker.says(({ heeds }) => heeds === undefined, 'no wishes')
    await broker.start()
    await worker.says(({ heeds }) => heeds !== undefined, 'wishes')
    worker.wish('quiet')
    expect(await worker.is('quiet')).toMatchObject({ queues: [] })
    await worker.stop()
  })

  test('tells of jobs that wait for their time: it has them, and they are not about to begin', async (context) => {
    const worker = new Worker(rigFor(context), redis.url)
    await worker.is('ready')
    await worker.later('one')
    await worker.later('two')
    await worker.says(({ reserved, scheduled }) => reserved === 2 && scheduled === 2, 'two of another day')
    await worker.works()
    const done = await worker.says(({ done }) => done === 1, 'one done')
    expect(done).toMatchObject({ active: 0, reserved: 2, scheduled: 2 })
    worker.wish('quiet')
    expect(await worker.is('quiet')).toMatchObject({ reserved: 2, scheduled: 2 })
    await worker.stop()
  })

  test('does not become quiet later where that was called off while a job kept it busy', async (context) => {
    const worker = new Worker(rigFor(context), redis.url, { pool: 'solo' })
    await worker.is('ready')
    const job = await worker.job()
    worker.wish('quiet')
    await until(() => !worker.isWished(), 'the wish to be taken')
    worker.wish('resume')
    await until(() => !worker.isWished(), 'the second one, too')
    job.end()
    await worker.says(({ done }) => done === 1, 'one done')
    await worker.works()
    expect(worker.vitals()).toMatchObject({ state: 'ready', queues: [worker.queue] })
    await worker.stop()
  })

  test('keeps the queues that it was given back when its broker was away since', async (context) => {
    const broker = new Redis()
    context.onTestFinished(() => broker.stop())
    await broker.start()
    const worker = new Worker(rigFor(context), broker.url, { options: NO_HEARTBEAT })
    await worker.is('ready')
    worker.wish('quiet')
    await worker.is('quiet')
    worker.wish('resume')
    await worker.is('ready')
    await broker.pause()
    await worker.says(({ heeds }) => heeds === undefined, 'no wishes')
    await broker.start()
    await worker.says(({ heeds }) => heeds !== undefined, 'wishes')
    expect(await worker.is('ready')).toMatchObject({ queues: [worker.queue] })
    await worker.works('after')
    await worker.stop()
  })

  test('drains also when remote control shuts it down, for which there is no signal', async (context) => {
    const worker = new Worker(rigFor(context), redis.url)
    await worker.is('ready')
    const job = await worker.job()
    await worker.celery('control', '--destination', worker.name, 'shutdown')
    expect((await worker.is('draining')).active).toBe(1)
    job.end()
    await worker.running.ended
    expect(worker.vitals()).toMatchObject({ state: 'gone', active: 0, done: 1 })
  })

  test('has last words at a cold shutdown too', async (context) => {
    const worker = new Worker(rigFor(context), redis.url)
    await worker.is('ready')
    const job = await worker.job()
    await worker.says(({ active }) => active === 1, 'one job')
    worker.running.kill('SIGQUIT')
    await worker.running.ended
    const last = worker.vitals()
    expect(last).toMatchObject({ state: 'gone', exit: { reason: 'SIGQUIT (cold)' } })
    // Celery before 5.3 leaves it where it is; later ones cancel it first, and then it counts as done with.
    expect((last?.active ?? 0) + (last?.done ?? 0)).toBe(1)
    expect(job.isDone()).toBe(false)
  })

  test.skipIf(!existsSync(script))(
    'goes back to booting on HUP, in the same process, and the worker works',
    async (context) => {
      const worker = new Worker(rigFor(context), redis.url, { start: [script], boots: 'held' })
      worker.goOn()
      await worker.is('ready')
      await worker.works('before')
      await worker.says(({ done }) => done === 1, 'one done')
      worker.holdBoot()
      worker.running.kill('SIGHUP')
      expect(await worker.is('booting')).toMatchObject({ pid: worker.pid, done: 0 })
      worker.goOn()
      expect(await worker.is('ready')).toMatchObject({ pid: worker.pid, done: 0 })
      await worker.works('after')
      await worker.stop()
      expect(worker.vitals()?.state).toBe('gone')
    },
  )

  test('writes at least every ten seconds when nothing changes', async (context) => {
    const worker = new Worker(rigFor(context), redis.url)
    const { updatedAt } = await worker.is('ready')
    const next = await worker.says((vitals) => vitals.updatedAt > updatedAt, 'something new')
    expect(next.updatedAt - updatedAt).toBeLessThan(15_000)
    await worker.stop()
  })
})

describe.skipIf(skip)(`a Celery worker before its broker is there${note}`, { concurrent: true }, () => {
  test('says booting until the broker comes, and goes when it is told to', async (context) => {
    const redis = new Redis()
    context.onTestFinished(() => redis.stop())
    const worker = new Worker(rigFor(context), redis.url)
    await worker.is('booting')
    await until(() => worker.output.includes('Cannot connect to'), 'the worker to look for its broker')
    await whileNothingHappens(1500)
    expect(worker.vitals()?.state).toBe('booting')
    await redis.start()
    await worker.is('ready')
    await worker.works()
    await worker.stop()
    expect(worker.vitals()?.state).toBe('gone')
  })
})

describe.skipIf(skip)(`what a bridge in trouble does to its worker: nothing${note}`, { concurrent: true }, () => {
  const redis = new Redis()
  beforeAll(() => redis.start())
  afterAll(() => redis.stop())

  const expectUnharmed = async (worker: Worker) => {
    await worker.ready()
    await worker.works()
    worker.running.kill('SIGTERM')
    expect((await worker.running.ended).code).toBe(0)
    expect(worker.output).not.toMatch(/multi_bridge|Traceback|Exception/)
  }

  test('when its directory is not there', async (context) => {
    const rig = rigFor(context)
    const worker = new Worker(rig, redis.url, { vitals: join(rig.directory, 'none', 'w1') })
    await expectUnharmed(worker)
    expect(existsSync(dirname(worker.vitalsFile))).toBe(false)
  })

  test('when a directory stands in the place of its file, or a symlink in that of its temporary one', async (context) => {
    const rig = rigFor(context)
    const vitals = join(rig.directory, 'vitals')
    mkdirSync(vitals)
    await expectUnharmed(new Worker(rig, redis.url, { vitals, name: 'one' }))
    rmSync(vitals, { recursive: true })
    rmSync(`${vitals}.tmp`, { force: true })
    const stranger = join(rig.directory, 'stranger')
    writeFileSync(stranger, 'mine')
    spawnSync('ln', ['-s', stranger, `${vitals}.tmp`])
    rmSync(join(rig.work, 'proof.done'))
    await expectUnharmed(new Worker(rig, redis.url, { vitals, name: 'two' }))
    expect(readFileSync(stranger, 'utf8')).toBe('mine')
  })

  test('when its directory loses its permissions, and gets them back', async (context) => {
    const rig = rigFor(context)
    const directory = join(rig.directory, 'vitals')
    mkdirSync(directory)
    const worker = new Worker(rig, redis.url, { vitals: join(directory, 'w1') })
    await worker.is('ready')
    // Root is not kept out by a mode.
    const away = `${directory}.away`
    if (process.getuid?.() === 0) spawnSync('mv', [directory, away])
    else chmodSync(directory, 0)
    const job = await worker.job()
    job.end()
    await until(() => job.isDone(), 'the job to be done')
    if (process.getuid?.() === 0) spawnSync('mv', [away, directory])
    else chmodSync(directory, 0o700)
    expect(await worker.says(({ done }) => done === 1, 'one done')).toMatchObject({ state: 'ready' })
    await worker.stop()
    expect(worker.vitals()?.state).toBe('gone')
  })

  const tmpfs = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
  test.skipIf(!tmpfs && !(required && process.getuid?.() === 0))(
    'when the disk is full: the last whole vitals stay',
    async (context) => {
      const rig = rigFor(context)
      const directory = join(rig.directory, 'full')
      mkdirSync(directory)
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'multi', directory]).status).toBe(0)
      try {
        const worker = new Worker(rig, redis.url, { vitals: join(directory, 'w1') })
        await worker.is('ready')
        spawnSync('sh', ['-c', `cat /dev/zero >${join(directory, 'filler')}`])
        const before = readFileSync(worker.vitalsFile, 'utf8')
        await expectUnharmed(worker)
        expect(readFileSync(worker.vitalsFile, 'utf8')).toBe(before)
        expect(readdirSync(directory).sort()).toEqual(['filler', 'w1'])
      } finally {
        spawnSync('umount', [directory])
      }
    },
  )

  test('when its thread is ended from outside', async (context) => {
    const rig = rigFor(context)
    const sabotaged = join(rig.directory, 'sabotaged')
    const worker = new Worker(rig, redis.url, { include: 'multi_bridge,sabotage', env: { SABOTAGED: sabotaged } })
    await worker.ready()
    await until(() => existsSync(sabotaged), 'the sabotage')
    await until(() => threadsOf(worker.pid) === 1, 'the thread to be gone')
    const { mtimeMs } = statSync(worker.vitalsFile)
    await expectUnharmed(worker)
    expect(statSync(worker.vitalsFile).mtimeMs).toBe(mtimeMs)
  })
})

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isAlive, until } from '../rig/rig.ts'
import { full, note, skip, withBroker } from './celery.ts'

const ascending = (one: number, other: number) => one - other

describe.skipIf(skip)(`Celery workers${note}`, { concurrent: true }, () => {
  const celeryFor = withBroker()

  test('start returns when they are ready by their own word, with pidfiles that they wrote themselves', async (context) => {
    const celery = celeryFor(context)
    const { stdout } = await celery.done('start', 'w1', 'w2', '-A', 'tasks', '-c', '1', '-l', 'INFO')
    const rows = await celery.status('w1', 'w2')
    expect(rows.map(({ name, state, kind }) => [name, state, kind])).toEqual([
      [full('w1'), 'running', 'celery'],
      [full('w2'), 'running', 'celery'],
    ])
    expect(rows.map(({ pid }) => pid)).toEqual(celery.pids('w1', 'w2'))
    for (const { name, pid } of rows) expect(stdout).toMatch(new RegExp(`> ${name}: OK \\(pid ${pid}, ready in `))
    // Celery's own log line, in the log that multi opened for it.
    await until(() => celery.rig.log('w1').includes(`${full('w1')} ready`), 'the worker to log that it is ready')
    await celery.done('stopwait', 'w1', 'w2')
    expect(celery.pids('w1', 'w2')).toEqual([undefined, undefined])
  })

  test('a task is done by the node that serves its queue, with -Q:1-2 and -Q', async (context) => {
    const celery = celeryFor(context)
    const { rig } = celery
    const [images, video, mail] = ['images', 'video', 'mail'].map((queue) => `${queue}-${rig.token}`) as [
      string,
      string,
      string,
    ]
    await celery.done('start', '3', '-A', 'tasks', '-c', '1', '-Q:1-2', `${images},${video}`, '-Q', mail)
    for (const queue of [images, video, images, video]) {
      expect([full('celery1'), full('celery2')]).toContain(await celery.server(queue))
    }
    for (const queue of [mail, mail]) expect(await celery.server(queue)).toBe(full('celery3'))
    await celery.done('stopwait')
  })

  test('a task is done by the node that serves its queue, with -Q of each node', async (context) => {
    const celery = celeryFor(context)
    const { rig } = celery
    const queues = { img: `img-${rig.token}`, post: `post-${rig.token}` }
    const line = ['-A', 'tasks', '-c', '1', '-Q:img', queues.img, '-Q:post', queues.post]
    await celery.done('start', 'img', 'post', ...line)
    expect(await celery.server(queues.img)).toBe(full('img'))
    expect(await celery.server(queues.post)).toBe(full('post'))
    await celery.done('stopwait')
  })

  test('stopwait lets a 5-second job finish, and then nothing is left', async (context) => {
    const celery = celeryFor(context)
    const { rig } = celery
    await celery.done('start', 'w1', '-A', 'tasks', '-c', '2')
    const effect = await celery.busy(5)
    await celery.done('stopwait', 'w1')
    expect(existsSync(effect)).toBe(true)
    expect(rig.processes()).toEqual([])
    expect((await celery.multi('status', 'w1')).code).toBe(3)
  })

  test('quiet takes it off all of its queues and resume puts it back, without a broker’s help', async (context) => {
    const celery = celeryFor(context)
    const queues = ['one', 'two'].map((name) => `${name}-${celery.rig.token}`)
    await celery.done('start', 'w1', '-A', 'tasks', '-c', '1', '-Q', queues.join(','))
    // Another broker than its own: remote control from here would reach strangers of that name.
    const elsewhere = { ...celery.options, env: { ...celery.options.env, REDIS_URL: 'redis://127.0.0.1:1/0' } }
    for (const _time of [1, 2]) {
      const quiet = await celery.rig.multi(elsewhere, 'quiet', 'w1')
      expect({ code: quiet.code, stdout: quiet.stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('takes no more jobs, 0 jobs left'),
      })
      expect(await celery.status()).toMatchObject([{ state: 'quiet' }])
      expect((await celery.rig.multi(elsewhere, 'resume', 'w1')).code).toBe(0)
      expect(await celery.status()).toMatchObject([{ state: 'running' }])
      for (const queue of queues) expect(await celery.server(queue)).toBe(full('w1'))
    }
    await celery.done('stopwait')
  })

  test('quiet that a busy worker does not do in time fails, and does not come true later', async (context) => {
    const celery = celeryFor(context)
    await celery.done('start', 'w1', '-A', 'tasks', '-P', 'solo')
    const effect = join(celery.rig.work, 'held')
    await celery.client.send('hold', [effect])
    await until(() => existsSync(`${effect}.begun`), 'the job to begin')
    const { code, stdout } = await celery.multi('quiet', 'w1', '--timeout=1s')
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining('does not say that it does') })
    await until(async () => !(await celery.wishes()).length, 'the last wish to be taken')
    writeFileSync(`${effect}.end`, '')
    await until(() => existsSync(effect), 'the job to end')
    expect(await celery.server()).toBe(full('w1'))
    expect(await celery.status()).toMatchObject([{ state: 'running' }])
    await celery.done('stopwait')
  })

  test('TERM goes to the main process only: its pool children get none, and are waited for', async (context) => {
    const celery = celeryFor(context)
    const { rig } = celery
    await celery.done('start', 'w1', '-A', 'tasks', '-c', '2')
    const paths = [join(rig.work, 'one'), join(rig.work, 'two')]
    const jobs = await Promise.all(paths.map((path) => celery.client.send('count_terms', [4, path])))
    await until(() => paths.every((path) => existsSync(`${path}.begun`)), 'both children to work')
    await celery.done('stopwait', 'w1')
    expect(rig.processes()).toEqual([])
    // One: that each child sent itself.
    expect(await Promise.all(jobs.map((job) => celery.client.result(job)))).toEqual([1, 1])
  })

  test('restart lets a job finish, gives new pids, and they serve', async (context) => {
    const celery = celeryFor(context)
    await celery.done('start', 'w1', 'w2', '-A', 'tasks', '-c', '1')
    const before = celery.pids('w1', 'w2')
    const effect = await celery.busy(3)
    const { stdout } = await celery.done('restart')
    expect(existsSync(effect)).toBe(true)
    const after = celery.pids('w1', 'w2')
    for (const [at, pid] of after.entries()) {
      expect(pid).not.toBe(before[at])
      expect(stdout).toContain(`pid ${pid}, was ${before[at]}`)
    }
    expect([full('w1'), full('w2')]).toContain(await celery.server())
    await celery.done('stopwait')
  })

  test('restart --rolling takes one down only when the one before is back', async (context) => {
    const celery = celeryFor(context)
    await celery.done('start', 'w1', 'w2', 'w3', '-A', 'tasks', '-c', '1')
    const before = celery.pids('w1', 'w2', 'w3')
    const { stdout } = await celery.done('restart', '--rolling')
    const told = [...stdout.matchAll(/> (?:Restarting node )?(w\d)@\S+: (TERM|OK)/g)].map(([, node, what]) => [
      node,
      what,
    ])
    expect(told).toEqual(['w1', 'w2', 'w3'].flatMap((node) => ['TERM', 'OK'].map((what) => [node, what])))
    for (const [at, pid] of celery.pids('w1', 'w2', 'w3').entries()) expect(pid).not.toBe(before[at])
    expect((await celery.status()).map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    await celery.done('stopwait')
  })

  test('restart --rolling halts at the first that does not come back: the others go on', async (context) => {
    const celery = celeryFor(context)
    await celery.done('start', 'w1', 'w2', '-A', 'tasks', '-c', '1')
    const [, second] = celery.pids('w1', 'w2')
    const { code, stdout } = await celery.multi('restart', '--rolling', 'w1', 'w2', '-A', 'nosuch')
    expect(code).toBe(1)
    expect(stdout).toMatch(/w2@\S+: FAILED: not touched, because w1@\S+ did not come back/)
    expect(celery.rig.readPid('w2')).toBe(second)
    expect(await celery.server()).toBe(full('w2'))
    await celery.done('stopwait')
  })

  test('at the limit of --then=soft,kill the soft stage is skipped and named, and what the kill cost is said', async (context) => {
    const celery = celeryFor(context)
    const { rig } = celery
    await celery.done('start', 'w1', '-A', 'tasks', '-c', '1')
    const effect = await celery.begin('nap', 600)
    await until(async () => (await celery.status('w1'))[0]?.jobs?.active === 1, 'its worker to tell of it')
    const { code, stdout } = await celery.multi('stopwait', 'w1', '--timeout=3s', '--then=soft,kill')
    expect(stdout).toContain('the soft stage is skipped: the worker does not say that it would give its jobs back')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/killed [\d, ]+, lost 1 job\)/)])
    expect(existsSync(effect)).toBe(false)
    expect(rig.processes()).toEqual([])
  })

  test('start and stopwait warn of REMAP_SIGTERM=SIGQUIT', async (context) => {
    const celery = celeryFor(context)
    const warning = 'REMAP_SIGTERM=SIGQUIT: '
    const env = { ...celery.options.env, REMAP_SIGTERM: 'SIGQUIT' }
    const started = await celery.rig.multi({ ...celery.options, env }, 'start', 'w1', '-A', 'tasks', '-c', '1')
    expect([started.code, started.stdout]).toEqual([0, expect.stringContaining(warning)])
    expect((await celery.done('stopwait', 'w1')).stdout).toContain(warning)
  })

  test('kill ends a worker with its pool children and its job at once, and names them', async (context) => {
    const celery = celeryFor(context)
    const { rig } = celery
    await celery.done('start', 'w1', '-A', 'tasks', '-c', '2')
    const effect = await celery.begin('nap', 600)
    const pids = rig.processes().map(({ pid }) => pid)
    expect(pids.length).toBeGreaterThanOrEqual(3)
    const { stdout } = await celery.done('kill', 'w1')
    expect(rig.processes()).toEqual([])
    expect(existsSync(effect)).toBe(false)
    expect(existsSync(rig.pidfile('w1'))).toBe(false)
    const killed = /killed ((?:\d+, )*\d+)(?:, lost 1 job)?\)/.exec(stdout)?.[1]?.split(', ').map(Number)
    expect(killed?.toSorted(ascending)).toEqual(pids.toSorted(ascending))
  })
})

describe.skipIf(skip)(
  `what a task leaves behind in the group of its Celery worker${note}`,
  { concurrent: true },
  () => {
    const celeryFor = withBroker()

    test('is named, gets TERM after --orphan-grace, and stopwait returns when it is gone', async (context) => {
      const celery = celeryFor(context)
      const { rig } = celery
      await celery.done('start', 'w1', '-A', 'tasks', '-c', '1')
      const left = (await celery.do('leave', ['sleep', '600'])) as number
      const { stdout } = await celery.done('stopwait', 'w1', '--orphan-grace=1s')
      expect(stdout).toMatch(new RegExp(`its main process is gone; TERM to what it left: ${left} \\(sleep 600\\)`))
      expect(isAlive(left)).toBe(false)
      expect(rig.processes()).toEqual([])
    })

    test('is left alone at the time limit when it ignores TERM; kill ends it', async (context) => {
      const celery = celeryFor(context)
      const { rig } = celery
      await celery.done('start', 'w1', '-A', 'tasks', '-c', '1')
      const left = (await celery.do('leave', ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'])) as number
      const stopping = await celery.multi('stopwait', 'w1', '--orphan-grace=100ms', '--timeout=8s')
      expect(stopping.code).toBe(124)
      expect(isAlive(left)).toBe(true)
      const [row] = await celery.status('w1')
      expect(row?.state).toBe('draining')
      await celery.done('kill', 'w1')
      expect(isAlive(left)).toBe(false)
      expect(rig.processes()).toEqual([])
    })
  },
)

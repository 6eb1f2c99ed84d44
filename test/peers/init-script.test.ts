import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, type TestContext, test } from 'vitest'
import { commandLineOf } from '../rig/processes.ts'
import { type Finished, type Running, until } from '../rig/rig.ts'
import { type Celery, full, note, skip, withBroker } from './celery.ts'
import { withInstallation } from './installation.ts'
import { accountOf, anyUser, type User, whyNoUsers } from './users.ts'

const SCRIPT = fileURLToPath(new URL('fixtures/celeryd.sh', import.meta.url))
const NODES = ['w1', 'w2', 'w3']

/** Who did it, and which load of the app in it. */
type Load = [name: string, load: string]

/** Celery's init script with our multi, as one user. */
class Service {
  readonly celery: Celery
  readonly place: string
  readonly #env: NodeJS.ProcessEnv

  constructor(celery: Celery, multi: string, user: User | undefined) {
    const { rig, directory, client } = celery
    this.celery = celery
    this.place = user === undefined ? rig.directory : rig.userDirectory(user.uid)
    for (const name of ['pids', 'logs']) {
      mkdirSync(join(this.place, name))
      if (user !== undefined) chownSync(join(this.place, name), user.uid, user.gid)
    }
    this.#env = {
      ...rig.environment(user?.uid),
      ...client.environment,
      MULTI: multi,
      RUN_AS: user?.name ?? '',
      NODES: NODES.join(' '),
      WORKDIR: directory,
      PIDS: join(this.place, 'pids'),
      LOGS: join(this.place, 'logs'),
      APP: 'tasks',
      OPTS: '-c 1 --time-limit=300',
    }
  }

  /** `start` takes one more word, which is an option of the workers. */
  begin(action: string, env: NodeJS.ProcessEnv = {}, ...words: string[]): Running {
    return this.celery.rig.program([SCRIPT, action, ...words], { cwd: '/', env: { ...this.#env, ...env } })
  }

  run(action: string, env?: NodeJS.ProcessEnv): Promise<Finished> {
    return this.begin(action, env).ended
  }

  async done(action: string, env?: NodeJS.ProcessEnv): Promise<Finished> {
    const finished = await this.run(action, env)
    if (finished.code !== 0) throw new Error(`${action} ended with ${finished.code}`)
    return finished
  }

  /** How often Celery logged that this node is ready. */
  timesReady(node: string): number {
    return readFileSync(join(this.place, 'logs', `${node}.log`), 'utf8').split(`${full(node)} ready.`).length - 1
  }

  /** The pids that its `status` found alive. */
  async pids(): Promise<number[]> {
    const { stdout } = await this.done('status')
    return [...stdout.matchAll(/: up (\d+)$/gm)].map(([, pid]) => Number(pid))
  }
}

const noUsers = whyNoUsers()
if (noUsers !== undefined) console.warn(`no calls through su: ${noUsers}`)

const callers: [string, User | undefined][] = [['as the caller', undefined]]
if (noUsers === undefined && anyUser) callers.push([`as ${anyUser.name} through su`, anyUser])

describe.skipIf(skip).each(callers)(`the calls of Celery's init script, %s${note}`, { concurrent: true }, (_, user) => {
  const celeryFor = withBroker()
  const multi = withInstallation()
  const serviceFor = (context: TestContext) => new Service(celeryFor(context), multi(), user)

  test('start: three workers run as the user and serve; status finds them by expand and kill -0', async (context) => {
    const service = serviceFor(context)
    await service.done('start')
    const pids = await service.pids()
    expect(pids).toHaveLength(3)
    expect(pids.map((pid) => accountOf(pid).uid)).toEqual(pids.map(() => user?.uid ?? process.getuid?.()))
    expect(NODES.map(full)).toContain(await service.celery.server())
    await service.done('stop')
  })

  test('start again: nothing happens, exit code 0', async (context) => {
    const service = serviceFor(context)
    await service.done('start')
    const pids = await service.pids()
    await service.done('start')
    expect(await service.pids()).toEqual(pids)
    await service.done('stop')
  })

  test('start with an option that Celery refuses: exit code 1 (Celery says 0), and its words', async (context) => {
    const service = serviceFor(context)
    const { code, stdout } = await service.run('start', { OPTS: '--no-such-option' })
    expect(code).toBe(1)
    expect(stdout).toMatch(/No such option:? .*--no-such-option/)
    expect((await service.run('status')).code).toBe(1)
  })

  test('options with selectors pass both shells', async (context) => {
    const service = serviceFor(context)
    const queue = `mail-${service.celery.rig.token}`
    await service.done('start', { OPTS: `-c:1,2 1 -c:w3 2 -Q:3 ${queue} -Q celery -O fair` })
    expect(await service.celery.server(queue)).toBe(full('w3'))
    expect([full('w1'), full('w2')]).toContain(await service.celery.server())
    await service.done('stop')
  })

  test('stop waits for a job; then status is 1, and another stop is 0', async (context) => {
    const service = serviceFor(context)
    await service.done('start')
    const { celery } = service
    const effect = join(service.place, 'work', 'effect')
    const job = await celery.client.send('nap', [3, effect])
    await until(() => existsSync(`${effect}.begun`), 'the job to begin')
    await service.done('stop')
    expect(existsSync(effect)).toBe(true)
    await celery.client.result(job)
    expect(celery.rig.processes()).toEqual([])
    expect((await service.run('status')).code).toBe(1)
    await service.done('stop')
  })

  test('restart: new pids; of workers that are down: they start', async (context) => {
    const service = serviceFor(context)
    await service.done('restart')
    const before = await service.pids()
    expect(before).toHaveLength(3)
    await service.done('restart')
    const after = await service.pids()
    expect(after).toHaveLength(3)
    for (const pid of after) expect(before).not.toContain(pid)
    await service.done('stop')
  })

  test('try-restart: new pids; of workers that are down: they start, as with Celery', async (context) => {
    const service = serviceFor(context)
    await service.done('start')
    const before = await service.pids()
    await service.done('try-restart')
    const after = await service.pids()
    expect(after).toHaveLength(3)
    for (const pid of after) expect(before).not.toContain(pid)
    await service.done('stop')
    await service.done('try-restart')
    expect(await service.pids()).toHaveLength(3)
    await service.done('stop')
  })

  test('start with one more word: it is an option of every worker', async (context) => {
    const service = serviceFor(context)
    const queue = `more-${service.celery.rig.token}`
    const { code } = await service.begin('start', {}, `--queues=${queue}`).ended
    expect(code).toBe(0)
    expect(NODES.map(full)).toContain(await service.celery.server(queue))
    const lines = (await service.pids()).map(commandLineOf)
    expect(lines.filter((line) => line.includes(`--queues=${queue}`))).toHaveLength(3)
    await service.done('stop')
  })

  test('kill: all are gone at once, and another kill is 0', async (context) => {
    const service = serviceFor(context)
    await service.done('start')
    await service.done('kill')
    expect(service.celery.rig.processes()).toEqual([])
    expect((await service.run('status')).code).toBe(1)
    await service.done('kill')
  })

  test('graceful (HUP): every worker comes back and serves', async (context) => {
    const service = serviceFor(context)
    const queues = NODES.map((node) => `${node}-${service.celery.rig.token}`)
    await service.done('start', { OPTS: ['-c 1', ...queues.map((queue, at) => `-Q:${at + 1} ${queue}`)].join(' ') })
    const loads = async () =>
      (await Promise.all(queues.map((queue) => service.celery.do('where', [], queue)))) as Load[]
    const before = await loads()
    await service.done('graceful')
    // No task is sent meanwhile: one that Celery fetches from Redis while it goes down comes back after an hour.
    await until(() => NODES.every((node) => service.timesReady(node) === 2), 'every worker to be ready once more')
    for (const [at, [name, load]] of (await loads()).entries()) {
      expect(name).toBe(before[at]?.[0])
      expect(load).not.toBe(before[at]?.[1])
    }
    await until(async () => (await service.run('status')).code === 0, 'the pidfiles to be back')
    expect(await service.pids()).toHaveLength(3)
    await service.done('stop')
    expect(service.celery.rig.processes()).toEqual([])
  })

  test('dryrun: stays in the foreground, on the terminal, and ends with its workers on INT', async (context) => {
    const service = serviceFor(context)
    const running = service.begin('dryrun')
    for (const node of NODES) await running.waitFor(new RegExp(`${node}@\\S+: OK`))
    expect(running.finished).toBeUndefined()
    expect(running.stdout).toMatch(/celery.* worker .*--time-limit=300.*-n w1@/)
    expect(NODES.map(full)).toContain(await service.celery.server())
    const multis = service.celery.rig
      .processes()
      .filter(({ pid }) => /^\S+ \S+\/bin\/multi\.js/.test(commandLineOf(pid)))
    expect(multis).toHaveLength(1)
    for (const { pid } of multis) process.kill(pid, 'SIGINT')
    const { code } = await running.ended
    expect(code).toBe(0)
    expect(service.celery.rig.processes()).toEqual([])
    expect((await service.run('status')).code).toBe(1)
  })
})

describe.skipIf(skip)(`the calls of Celery's systemd unit${note}`, { concurrent: true }, () => {
  const celeryFor = withBroker()
  const multi = withInstallation()

  /** As systemd does it: `sh -c` with the variables of the unit's EnvironmentFile. */
  function unit(celery: Celery) {
    const { rig, directory, client } = celery
    const env = {
      ...client.environment,
      CELERY_BIN: multi(),
      CELERY_APP: 'tasks',
      CELERYD_NODES: 'w1 w2',
      CELERYD_PID_FILE: `${rig.run}/%n.pid`,
      CELERYD_LOG_FILE: `${rig.logs}/%n%I.log`,
      CELERYD_LOG_LEVEL: 'INFO',
      CELERYD_OPTS: '-c 1 --time-limit=300',
    }
    return (script: string) => rig.program(['sh', '-c', script], { cwd: directory, env }).ended
  }

  const files = '--pidfile=${CELERYD_PID_FILE} --logfile=${CELERYD_LOG_FILE}'
  const worker = `$CELERYD_NODES ${files} --loglevel="\${CELERYD_LOG_LEVEL}" $CELERYD_OPTS`
  const START = `\${CELERY_BIN} -A $CELERY_APP multi start ${worker}`
  const RELOAD = `\${CELERY_BIN} -A $CELERY_APP multi restart ${worker}`
  const STOP = `\${CELERY_BIN} multi stopwait $CELERYD_NODES ${files} --loglevel="\${CELERYD_LOG_LEVEL}"`

  test('ExecStart, ExecReload and ExecStop, with multi as CELERY_BIN', async (context) => {
    const celery = celeryFor(context)
    const run = unit(celery)
    expect((await run(START)).code).toBe(0)
    const before = celery.pids('w1', 'w2')
    expect([full('w1'), full('w2')]).toContain(await celery.server())
    expect((await run(RELOAD)).code).toBe(0)
    const after = celery.pids('w1', 'w2')
    for (const [at, pid] of after.entries()) {
      expect(pid).toBeGreaterThan(1)
      expect(pid).not.toBe(before[at])
    }
    expect((await run(STOP)).code).toBe(0)
    expect(celery.rig.processes()).toEqual([])
  })

  test('ExecStart fails when a worker does not come up, so that systemd knows', async (context) => {
    const celery = celeryFor(context)
    const run = unit(celery)
    expect((await run(START.replace('$CELERY_APP', 'nosuch'))).code).toBe(1)
  })
})

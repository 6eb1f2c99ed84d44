import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { isAlive, type Rig, rigFor, until } from '../../rig/rig.ts'

/** What the README says of others is what they do here. */

const works = (argv: readonly [string, ...string[]]): boolean => spawnSync(argv[0], argv.slice(1)).status === 0

/** Debian's Python: another one on the PATH may lack Celery. */
const PYTHON = '/usr/bin/python3'
const required = process.env['MULTI_REQUIRE_PEERS'] === '1'

function peer(name: string, there: boolean, packages: string): { skip: boolean; note: string } {
  const skip = !there && !required
  const note = skip ? ` (skipped: no ${name}; apt-get install ${packages})` : ''
  // Reporters do not show why a suite is skipped.
  if (skip) console.warn(`nothing is compared with ${name}: apt-get install ${packages}`)
  return { skip, note }
}

const celery = peer('celery', works([PYTHON, '-m', 'celery', '--version']), 'celery')
const supervisor = peer('supervisor', works(['supervisord', '--version']), 'supervisor')

describe.skipIf(celery.skip)(`celery multi${celery.note}`, () => {
  const both = async (rig: Rig, ...line: string[]) => {
    const files = [`--pidfile=${rig.run}/%n.pid`, `--logfile=${rig.logs}/%n.log`]
    const theirs = await rig.program([PYTHON, '-m', 'celery', 'multi', ...line, ...files]).ended
    const ours = await rig.multi(...line, ...files, `--executable=${PYTHON}`)
    return { theirs, ours }
  }

  test('exits 0 when a worker dies at once; multi exits 1 and prints its last words', async (context) => {
    const { theirs, ours } = await both(rigFor(context), 'start', 'w1', '-A', 'nosuch')
    expect(theirs.code).toBe(0)
    expect(ours.code).toBe(1)
    expect(ours.stdout).toMatch(/\t {2}\| .*nosuch/)
  })

  test('ignores a selector with the name of no node; multi refuses it', async (context) => {
    const { theirs, ours } = await both(rigFor(context), 'show', 'w1', 'w2', '-A', 'proj', '-c:w3', '9')
    expect(theirs.code).toBe(0)
    expect(theirs.stdout).toContain(`w2@${hostname()}`)
    expect(theirs.stdout).not.toMatch(/-c(\s|=)9/)
    expect(ours.code).toBe(2)
    expect(ours.stderr).toContain('-c:w3')
  })
})

/** supervisord with one program, `w`, whose shell script may write pids into the working directory. */
class Supervisor {
  readonly rig: Rig
  readonly #config: string
  readonly #daemon

  constructor(rig: Rig, script: string) {
    this.rig = rig
    this.#config = join(rig.work, 'supervisord.conf')
    writeFileSync(join(rig.work, 'w.sh'), script)
    writeFileSync(
      this.#config,
      [
        '[supervisord]',
        'nodaemon=true',
        `pidfile=${rig.work}/supervisord.pid`,
        `logfile=${rig.work}/supervisord.log`,
        '[unix_http_server]',
        `file=${rig.work}/s.sock`,
        '[rpcinterface:supervisor]',
        'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
        '[supervisorctl]',
        `serverurl=unix://${rig.work}/s.sock`,
        '[program:w]',
        `command=/bin/sh ${rig.work}/w.sh`,
        `directory=${rig.work}`,
        '',
      ].join('\n'),
    )
    this.#daemon = rig.program(['supervisord', '-c', this.#config])
  }

  get pid(): number {
    return this.#daemon.pid
  }

  control(...line: string[]) {
    return this.rig.program(['supervisorctl', '-c', this.#config, ...line]).ended
  }

  async running(): Promise<number> {
    await until(async () => (await this.control('status', 'w')).stdout.includes('RUNNING'), 'w to be running')
    return pidIn(this.rig, 'main')
  }

  async end(): Promise<void> {
    await this.control('shutdown')
    await this.#daemon.ended
  }
}

async function pidIn(rig: Rig, name: string): Promise<number> {
  const path = join(rig.work, name)
  await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'), `${name} to be written`)
  return Number(readFileSync(path, 'utf8'))
}

/** The same script, under supervisord and under multi, each in a rig of its own. */
async function withBoth(context: TestContext, script: string) {
  const [theirs, ours] = [rigFor(context), rigFor(context)]
  const supervised = new Supervisor(theirs, script)
  writeFileSync(join(ours.work, 'w.sh'), script)
  const started = await ours.multi('start', 'w', '--cmd', '/bin/sh w.sh')
  expect(started.code).toBe(0)
  return { supervised, main: await supervised.running(), ours, ourMain: await pidIn(ours, 'main') }
}

const MAIN = 'echo $$ >main.new; mv main.new main\n'

describe.skipIf(supervisor.skip)(`supervisord${supervisor.note}`, () => {
  test('kills a job that takes longer than ten seconds to end; multi waits for it', async (context) => {
    const { supervised, main, ours, ourMain } = await withBoth(context, `${MAIN}trap '' TERM\nexec sleep 600\n`)
    const [, waited] = await Promise.all([
      supervised.control('stop', 'w'),
      ours.multi('stopwait', 'w', '--timeout=13s'),
    ])
    expect(isAlive(main)).toBe(false)
    expect(waited.code).toBe(124)
    expect(isAlive(ourMain)).toBe(true)
    await ours.multi('kill', 'w')
    await supervised.end()
  })

  test('says stopped while a child goes on; multi names the child, ends it, and only then says so', async (context) => {
    const script = `sleep 600 &\necho $! >child.new; mv child.new child\n${MAIN}exec sleep 600\n`
    const { supervised, ours } = await withBoth(context, script)
    const [child, ourChild] = [await pidIn(supervised.rig, 'child'), await pidIn(ours, 'child')]
    const stopped = await supervised.control('stop', 'w')
    expect(stopped.stdout).toContain('w: stopped')
    expect(isAlive(child)).toBe(true)
    const waited = await ours.multi('stopwait', 'w', '--orphan-grace=1s')
    expect(waited.code).toBe(0)
    expect(waited.stdout).toMatch(new RegExp(`TERM to what it left: ${ourChild} \\(sleep 600\\)`))
    expect(isAlive(ourChild)).toBe(false)
    process.kill(child)
    await supervised.end()
  })

  test('starts a worker that dies again; with multi it stays down, and status says so', async (context) => {
    const { supervised, main, ours, ourMain } = await withBoth(context, `${MAIN}exec sleep 600\n`)
    process.kill(main, 'SIGKILL')
    process.kill(ourMain, 'SIGKILL')
    await until(async () => {
      const pid = Number(readFileSync(join(supervised.rig.work, 'main'), 'utf8'))
      return pid !== main && isAlive(pid)
    }, 'supervisord to start another')
    await until(() => !isAlive(ourMain), 'ours to be gone')
    const { code, stdout } = await ours.multi('status', 'w')
    expect(code).toBe(1)
    expect(stdout).toMatch(/w@\S+ +stale/)
    await ours.multi('stop', 'w')
    await supervised.end()
  })

  test('must live for its workers to be stopped; of multi nothing runs', async (context) => {
    const { supervised, main, ours, ourMain } = await withBoth(context, `${MAIN}exec sleep 600\n`)
    expect(ours.processes().map(({ pid }) => pid)).toEqual([ourMain])
    process.kill(supervised.pid, 'SIGKILL')
    await until(() => !isAlive(supervised.pid), 'supervisord to be gone')
    expect((await supervised.control('stop', 'w')).code).not.toBe(0)
    expect(isAlive(main)).toBe(true)
    process.kill(main)
    const stopped = await ours.multi('stopwait', 'w')
    expect(stopped.code).toBe(0)
    expect(isAlive(ourMain)).toBe(false)
  })
})

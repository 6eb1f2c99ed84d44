import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { findPm2 } from '../../../bench/peers/pm2.ts'
import { isAlive, type Rig, rigFor, until, whileNothingHappens } from '../../rig/rig.ts'
import { type Manager, Pm2, pidIn, Supervisor, writeScript } from './managers.ts'

/** What the README says of others is what they do here. */

const works = (argv: readonly [string, ...string[]]): boolean => spawnSync(argv[0], argv.slice(1)).status === 0

/** Debian's Python: another one on the PATH may lack Celery. */
const PYTHON = '/usr/bin/python3'
const required = process.env['MULTI_REQUIRE_PEERS'] === '1'

function peer(name: string, there: boolean, install: string): { skip: boolean; note: string } {
  const skip = !there && !required
  const note = skip ? ` (skipped: no ${name}; ${install})` : ''
  // Reporters do not show why a suite is skipped.
  if (skip) console.warn(`nothing is compared with ${name}: ${install}`)
  return { skip, note }
}

const celery = peer('celery', works([PYTHON, '-m', 'celery', '--version']), 'apt-get install celery')
const supervisor = peer('supervisor', works(['supervisord', '--version']), 'apt-get install supervisor')

const foundPm2 = findPm2()
const pm2 = peer('PM2', !('missing' in foundPm2), 'missing' in foundPm2 ? foundPm2.missing : '')

/** Fails under MULTI_REQUIRE_PEERS=1 where there is none. */
function pm2Program(): string {
  if ('missing' in foundPm2) throw new Error(`no PM2: ${foundPm2.missing}`)
  return foundPm2.cold.command[0]
}

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

  test('leaves no process of its own beside a worker', async (context) => {
    const rig = rigFor(context)
    writeFileSync(join(rig.work, 'idle.py'), "from celery import Celery\napp = Celery('idle', broker='memory://')\n")
    const line = ['w1', `--pidfile=${rig.run}/%n.pid`, `--logfile=${rig.logs}/%n.log`]
    const theirs = (...words: string[]) => rig.program([PYTHON, '-m', 'celery', 'multi', ...words]).ended
    expect((await theirs('start', ...line, '-A', 'idle', '-P', 'solo', '-l', 'INFO')).code).toBe(0)
    await until(() => rig.log('w1').includes('ready.'), 'the worker to be ready')
    expect(rig.processes().map(({ pid }) => pid)).toEqual([rig.readPid('w1')])
    expect((await theirs('stopwait', ...line)).code).toBe(0)
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

/** The same script, under another manager and under multi, each in a rig of its own. */
async function withBoth<M extends Manager>(
  context: TestContext,
  script: string,
  startTheirs: (rig: Rig, script: string) => Promise<M>,
) {
  const ours = rigFor(context)
  const theirs = await startTheirs(rigFor(context), script)
  writeScript(ours, script)
  const started = await ours.multi('start', 'w', '--cmd', '/bin/sh w.sh')
  expect(started.code).toBe(0)
  return { theirs, main: await pidIn(theirs.rig, 'main'), ours, ourMain: await pidIn(ours, 'main') }
}

const MAIN = 'echo $$ >main.new; mv main.new main\n'

const WORKER = `${MAIN}exec sleep 600\n`
const PARENT = `sleep 600 &\necho $! >child.new; mv child.new child\n${WORKER}`
/** It ends with its job, not before: once the file `go` is there. */
const BUSY = `trap '' TERM INT\n${MAIN}while [ ! -e go ]; do sleep 0.1; done\n`
const DEAD = 'echo last words >&2\nexit 3\n'

/** `theirs` has stopped the worker that had a job; multi, which began before that, must wait for its own until that goes. */
async function expectLonger(ours: Rig, ourMain: number, stopTheirs: () => Promise<unknown>): Promise<void> {
  const waiting = ours.begin('stopwait', 'w')
  await until(() => ours.record('w')?.stop?.signal === 'TERM', 'multi to stop its worker')
  await stopTheirs()
  await whileNothingHappens()
  expect(waiting.finished).toBeUndefined()
  expect(isAlive(ourMain)).toBe(true)
  writeFileSync(join(ours.work, 'go'), '')
  expect((await waiting.ended).code).toBe(0)
  expect(isAlive(ourMain)).toBe(false)
}

async function expectStartedAgain({ theirs, main, ours, ourMain }: Awaited<ReturnType<typeof withBoth>>) {
  process.kill(main, 'SIGKILL')
  process.kill(ourMain, 'SIGKILL')
  await until(async () => {
    const pid = await pidIn(theirs.rig, 'main')
    return pid !== main && isAlive(pid)
  }, 'the other manager to start another')
  await until(() => !isAlive(ourMain), 'ours to be gone')
  const { code, stdout } = await ours.multi('status', 'w')
  expect(code).toBe(1)
  expect(stdout).toMatch(/w@\S+ +stale/)
  await ours.multi('stop', 'w')
}

/** Its own process killed, the other manager cannot stop its worker; of multi nothing runs. */
async function expectHelpless({ theirs, main, ours, ourMain }: Awaited<ReturnType<typeof withBoth>>) {
  expect(ours.processes().map(({ pid }) => pid)).toEqual([ourMain])
  const daemon = theirs.pid()
  process.kill(daemon, 'SIGKILL')
  await until(() => !isAlive(daemon), 'its process to be gone')
  expect((await theirs.stop()).code).not.toBe(0)
  expect(isAlive(main)).toBe(true)
  process.kill(main)
  const stopped = await ours.multi('stopwait', 'w')
  expect(stopped.code).toBe(0)
  expect(isAlive(ourMain)).toBe(false)
}

async function expectChildEnded(ours: Rig, ourChild: number): Promise<void> {
  const waited = await ours.multi('stopwait', 'w', '--orphan-grace=1s')
  expect(waited.code).toBe(0)
  expect(waited.stdout).toMatch(new RegExp(`TERM to what it left: ${ourChild} \\(sleep 600\\)`))
  expect(isAlive(ourChild)).toBe(false)
}

describe.skipIf(supervisor.skip)(`supervisord${supervisor.note}`, () => {
  const supervised = async (rig: Rig, script: string) => {
    const supervisord = new Supervisor(rig, script)
    await supervisord.says('RUNNING')
    return supervisord
  }

  test('says spawn error and exits 7 when a worker dies at once, without its last words', async (context) => {
    // With its default of one second it says "started" of a dead one when it was held up for so long itself.
    const supervisord = new Supervisor(rigFor(context), DEAD, { autostart: false, startsecs: 600 })
    await supervisord.says('STOPPED')
    const { code, stdout, stderr } = await supervisord.control('start', 'w')
    expect(code).toBe(7)
    expect(stdout).toContain('w: ERROR (spawn error)')
    expect(stdout + stderr).not.toContain('last words')
    await supervisord.end()
  })

  test('kills a job that takes longer than ten seconds to end; multi waits for it, no limit set', async (context) => {
    const { theirs, main, ours, ourMain } = await withBoth(context, BUSY, supervised)
    await expectLonger(ours, ourMain, () => theirs.stop())
    expect(isAlive(main)).toBe(false)
    expect(theirs.log()).toContain("killing 'w'")
    await theirs.end()
  })

  test('says stopped while a child goes on; multi names the child, ends it, and only then says so', async (context) => {
    const { theirs, ours } = await withBoth(context, PARENT, supervised)
    const [child, ourChild] = [await pidIn(theirs.rig, 'child'), await pidIn(ours, 'child')]
    expect((await theirs.stop()).stdout).toContain('w: stopped')
    expect(isAlive(child)).toBe(true)
    await expectChildEnded(ours, ourChild)
    process.kill(child)
    await theirs.end()
  })

  test('starts a worker that dies again; with multi it stays down, and status says so', async (context) => {
    const both = await withBoth(context, WORKER, supervised)
    await expectStartedAgain(both)
    await both.theirs.end()
  })

  test('must live for its workers to be stopped; of multi nothing runs', async (context) => {
    await expectHelpless(await withBoth(context, WORKER, supervised))
  })
})

describe.skipIf(pm2.skip)(`PM2${pm2.note}`, () => {
  const managed = async (rig: Rig, script: string) => {
    const manager = new Pm2(rig, pm2Program(), script)
    const { code, stdout, stderr } = await manager.start()
    if (code !== 0) throw new Error(`pm2 start ended with ${code}:\n${stdout}${stderr}`)
    return manager
  }

  test('exits 0 when a worker dies at once; multi exits 1 and prints its last words', async (context) => {
    const manager = await managed(rigFor(context), DEAD)
    await until(() => manager.log().includes('exited with code [3]'), 'PM2 to see the worker die')
    const ours = rigFor(context)
    writeScript(ours, DEAD)
    const started = await ours.multi('start', 'w', '--cmd', '/bin/sh w.sh', '--startsecs=20')
    expect(started.code).toBe(1)
    expect(started.stdout).toContain('| last words')
    await manager.end()
  })

  test('kills a job that takes longer than 1.6 seconds to end; multi waits for it, no limit set', async (context) => {
    const { theirs, main, ours, ourMain } = await withBoth(context, BUSY, managed)
    await expectLonger(ours, ourMain, async () => expect((await theirs.stop()).code).toBe(0))
    expect(isAlive(main)).toBe(false)
    expect(theirs.log()).toMatch(/still alive after 1600ms, sending SIGKILL/)
    await theirs.end()
  })

  test('kills a child that goes on, and does not name it; multi names it, and sends TERM', async (context) => {
    const { theirs, ours } = await withBoth(context, PARENT, managed)
    const [child, ourChild] = [await pidIn(theirs.rig, 'child'), await pidIn(ours, 'child')]
    const { code, stdout, stderr } = await theirs.stop()
    expect(code).toBe(0)
    expect(stdout + stderr).not.toContain(String(child))
    expect(isAlive(child)).toBe(false)
    expect(theirs.log()).toMatch(/still alive after 1600ms, sending SIGKILL to 1 remaining pids/)
    await expectChildEnded(ours, ourChild)
    await theirs.end()
  })

  test('starts a worker that dies again; with multi it stays down, and status says so', async (context) => {
    const both = await withBoth(context, WORKER, managed)
    await expectStartedAgain(both)
    await both.theirs.end()
  })

  test('must live for its workers to be stopped, and begun anew it knows none; of multi nothing runs', async (context) => {
    const both = await withBoth(context, WORKER, managed)
    await expectHelpless(both)
    await both.theirs.end()
  })
})

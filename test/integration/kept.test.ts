import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Rig, rigFor, until } from '../rig/rig.ts'

const SLEEP = ['--cmd', 'sleep 1000', '--startsecs=0'] as const
const OTHERS = ['--cmd', 'sleep 2000', '--startsecs=0'] as const

interface Row {
  readonly name: string
  readonly state: string
  readonly fleet: string
  readonly pidfile: string
  readonly logfile: string
  readonly argv: string[]
}

const rowsOf = async (rig: Rig, ...line: string[]): Promise<Row[]> =>
  (await rig.multi('status', '--json', ...line)).json() as Row[]

/** Directories of the rig, each of which is a fleet. */
function fleets(rig: Rig): [string, string] {
  const both: [string, string] = [join(rig.directory, 'a'), join(rig.directory, 'b')]
  for (const cwd of both) mkdirSync(cwd)
  return both
}

test('restart with options of a node with another host part: it keeps its name, and its files though their names have = and %', async (context) => {
  const rig = rigFor(context)
  const files = [`--pidfile=${rig.run}/a=b%%n.pid`, `--logfile=${rig.logs}/a=b%%n.log`]
  expect((await rig.multi('start', 'w4', '-n', 'foo', ...SLEEP, ...files)).code).toBe(0)
  const [before] = await rowsOf(rig)
  const { code, stdout, stderr } = await rig.multi('restart', 'w4', ...OTHERS)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('w4@foo')
  const rows = await rowsOf(rig)
  expect(rows.map(({ name, pidfile, logfile }) => ({ name, pidfile, logfile }))).toEqual([
    { name: 'w4@foo', pidfile: join(rig.run, 'a=b%n.pid'), logfile: before?.logfile },
  ])
  expect(rows[0]?.argv.at(-1)).toBe('2000')
  expect((await rig.multi('stopwait')).code).toBe(0)
})

test('restart --all with options, of namesakes in two fleets: each keeps its own files', async (context) => {
  const rig = rigFor(context)
  for (const cwd of fleets(rig))
    expect((await rig.multi({ cwd }, 'start', 'w1', ...SLEEP, '--pidfile=%n.pid', '--logfile=%n.log')).code).toBe(0)
  const files = async () => (await rowsOf(rig, '--all')).map(({ pidfile, logfile }) => [pidfile, logfile])
  const before = await files()
  expect((await rig.multi('restart', '--all', ...OTHERS)).code).toBe(0)
  expect(await files()).toEqual(before)
  expect((await rowsOf(rig, '--all')).map(({ argv }) => argv.at(-1))).toEqual(['2000', '2000'])
  expect((await rig.multi('stopwait', '--all')).code).toBe(0)
})

test('a node that is restarted with options from another directory stays in its fleet, unless --fleet says another', async (context) => {
  const rig = rigFor(context)
  const [a, b] = fleets(rig)
  const fleetOf = async (): Promise<string | undefined> => (await rowsOf(rig, '--all'))[0]?.fleet
  expect((await rig.multi({ cwd: a }, 'start', 'w3', ...SLEEP)).code).toBe(0)
  expect((await rig.multi({ cwd: b }, 'restart', 'w3', ...OTHERS)).code).toBe(0)
  expect(await fleetOf()).toBe(a)
  const pidfile = `--pidfile=${rig.pidfile('w3')}`
  expect((await rig.multi({ cwd: b }, 'stop', 'w3')).code).toBe(0)
  expect((await rig.multi({ cwd: b }, 'stopwait', 'w3')).code).toBe(0)
  expect((await rig.multi({ cwd: b }, 'start', 'w3', ...SLEEP, pidfile)).code).toBe(0)
  expect(await fleetOf()).toBe(a)
  expect((await rig.multi({ cwd: b }, 'restart', 'w3', ...OTHERS, pidfile, '--fleet=mail')).code).toBe(0)
  expect(await fleetOf()).toBe('mail')
  expect((await rig.multi({ cwd: a }, 'stopwait', '--fleet=mail')).code).toBe(0)
  expect(rig.processes()).toEqual([])
})

test('a --logfile of a command itself is not taken for that of its node when it is restarted with options', async (context) => {
  const rig = rigFor(context)
  const own = join(rig.work, 'own.log')
  const command = (seconds: number) => ['--cmd', `sh -c 'exec sleep ${seconds}' sh --logfile=${own}`, '--startsecs=0']
  expect((await rig.multi('start', 'w1', ...command(1000))).code).toBe(0)
  expect((await rig.multi('restart', 'w1', ...command(2000))).code).toBe(0)
  expect((await rowsOf(rig))[0]?.logfile).toBe(join(rig.logs, 'w1.log'))
  expect((await rig.multi('stopwait')).code).toBe(0)
})

test.for(['a torn record', 'a directory in place of the record'])(
  'a node that is named, with %s, at a pidfile of its own: it is not started twice, nor said to be down while it runs',
  async (what, context) => {
    const rig = rigFor(context)
    const pidfile = join(rig.directory, 'else', 'w1.pid')
    const worker = await rig.started('w1', `--pidfile=${rig.directory}/else/%n.pid`)
    const record = join(rig.directory, 'else', '.w1.pid.multi.json')
    const before = readFileSync(record, 'utf8')
    rmSync(record)
    if (what === 'a torn record') writeFileSync(record, '{"v":')
    else mkdirSync(record)
    for (const line of [
      ['start', 'w1', ...SLEEP],
      ['start', 'w1'],
      ['restart', 'w1', ...SLEEP],
      ['restart', 'w1'],
    ] as const) {
      const { code, stdout } = await rig.multi(...line)
      expect([code, stdout]).toEqual([4, expect.stringContaining(pidfile)])
    }
    expect(rig.processes().map(({ pid }) => pid)).toEqual([worker.pid])
    expect(worker.signals).toEqual([])
    const stopped = await rig.multi('stopwait', 'w1')
    // A torn one leaves the pidfile, which names the worker; one that cannot be read tells of what must not be forgotten.
    expect(stopped.code).toBe(what === 'a torn record' ? 0 : 4)
    expect(worker.alive).toBe(what !== 'a torn record')
    if (!worker.alive) return
    expect(stopped.stdout).toContain(pidfile)
    rmSync(record, { recursive: true })
    writeFileSync(record, before)
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  },
)

test.for(['a command', 'an app'])(
  '--logfile alone gives a node that is restarted, of %s, another log, and changes nothing else',
  async (what, context) => {
    const rig = rigFor(context)
    const file = join(rig.work, 'worker.mjs')
    writeFileSync(file, "console.log('hello ' + process.env.MULTI_LOGFILE)\nexport default { close() {} }")
    const own = what === 'an app' ? ['-A', file] : ['--cmd', `sh -c 'echo hello $MULTI_LOGFILE; exec sleep 1000'`]
    expect((await rig.multi('start', 'w6', ...own, '--startsecs=0.2')).code).toBe(0)
    const log = join(rig.work, 'new', 'w6.log')
    expect((await rig.multi('restart', 'w6', '--logfile=new/%n%I.log', '--startsecs=0.2')).code).toBe(0)
    const [row] = await rowsOf(rig)
    expect(row?.logfile).toBe(log)
    expect(row?.argv.filter((word) => word.startsWith('--logfile='))).toEqual(
      what === 'an app' ? [`--logfile=${rig.work}/new/w6%I.log`] : [],
    )
    await until(() => readFileSync(log, 'utf8').includes(`hello ${log}`), 'its word to be in the new log')
    expect((await rig.multi('stopwait')).code).toBe(0)
  },
)

import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MULTI, type Rig, rigFor, until } from '../rig/rig.ts'

const START = ['start', 'w1', '--startsecs=0.05'] as const
const SLEEP = ['--cmd', 'sleep 1000'] as const

/** What each descriptor of a process leads to. */
function descriptorsOf(pid: number): Record<string, string> {
  const directory = `/proc/${pid}/fd`
  return Object.fromEntries(readdirSync(directory).map((fd) => [fd, readlinkSync(join(directory, fd))]))
}

/** A worker has these and no more: sleep(1) opens none of its own. */
const expected = (rig: Rig): Record<string, string> => {
  const log = join(rig.logs, 'w1.log')
  return { 0: '/dev/null', 1: log, 2: log }
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ')
const multi = (...words: string[]): string => quoted([process.execPath, MULTI, ...words])

const workerOf = (rig: Rig): number => rig.readPid('w1') ?? 0

async function stopped(rig: Rig): Promise<void> {
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
  expect(rig.processes()).toEqual([])
}

test.for([
  ['as they are', ''],
  ['with stdin closed', '<&-'],
  ['with stdout closed', '>&-'],
  ['with stderr closed', '2>&-'],
  ['with all three closed', '<&- >&- 2>&-'],
  ['with stdin and stderr closed', '<&- 2>&-'],
  ['with descriptors 3, 7 and 200 open', '3</etc/passwd 7>other 200<>other'],
])('called %s, a worker has /dev/null and its log, and nothing else', async ([, redirections], context) => {
  const rig = rigFor(context)
  const { code } = await rig.program(['bash', '-c', `${multi(...START, ...SLEEP)} ${redirections}`]).ended
  expect(code).toBe(0)
  expect(descriptorsOf(workerOf(rig))).toEqual(expected(rig))
  await stopped(rig)
})

test('an app worker started with stdin closed has /dev/null and its log as its first three', async (context) => {
  const rig = rigFor(context)
  writeFileSync(join(rig.work, 'app.mjs'), 'export default { close() {} }\n')
  const { code } = await rig.program(['bash', '-c', `${multi(...START, '-A', './app.mjs')} <&- 200</etc/passwd`]).ended
  expect(code).toBe(0)
  const found = descriptorsOf(workerOf(rig))
  expect(found).toMatchObject(expected(rig))
  expect(Object.values(found)).not.toContain('/etc/passwd')
  await stopped(rig)
})

test.for(['start', 'restart'])(
  '%s into a pipe: its reader sees the end at once, and the worker stays',
  async (verb, context) => {
    const rig = rigFor(context)
    if (verb === 'restart') await rig.multi(...START, ...SLEEP)
    // `ended` waits for the end of the pipe, which a worker that held it open would put off for its whole life.
    const { code, stdout } = await rig.program([
      'bash',
      '-c',
      `set -o pipefail; ${multi(verb, 'w1', '--startsecs=0.05', ...SLEEP)} 2>&1 | cat`,
    ]).ended
    expect(code).toBe(0)
    expect(stdout).toContain('OK')
    expect(rig.alive(workerOf(rig))).toBe(true)
    await stopped(rig)
  },
)

test('a pipe on descriptor 200 of the caller ends for its reader while the worker runs', async (context) => {
  const rig = rigFor(context)
  const { code, stdout } = await rig.program([
    'bash',
    '-c',
    `{ ${multi(...START, ...SLEEP)} 200>&1 >/dev/null; echo returned >&1; } | { cat; echo ended; }`,
  ]).ended
  expect(code).toBe(0)
  expect(stdout).toContain('ended')
  expect(descriptorsOf(workerOf(rig))).toEqual(expected(rig))
  await stopped(rig)
})

test('a lock that the caller holds by flock(1) on descriptor 200 is free once the caller has ended', async (context) => {
  const rig = rigFor(context)
  const locked = `exec 200>lock; flock -n 200 || exit 9; ${multi(...START, ...SLEEP)}`
  expect((await rig.program(['bash', '-c', locked]).ended).code).toBe(0)
  expect((await rig.program(['flock', '-n', 'lock', 'true']).ended).code).toBe(0)
  await stopped(rig)
})

test('a worker is in a session and group of its own, and no signal of the caller’s group reaches it', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const found = rig.processes().find(({ pid }) => pid === worker.pid)
  expect(found).toMatchObject({ pgrp: worker.pid, session: worker.pid })
  // What a terminal does on Ctrl-C or hang-up, to the group of a start that still waits.
  const script = `${multi('start', 'w2', ...rig.puppet, '--startsecs=1000')} & wait`
  const group = rig.program(['setsid', 'bash', '-c', script])
  const second = await rig.worker('w2')
  await until(() => rig.record('w2')?.launch, 'its start to be recorded')
  process.kill(-group.pid, 'SIGINT')
  process.kill(-group.pid, 'SIGTERM')
  await group.ended
  expect(second.signals).toEqual([])
  expect(second.alive).toBe(true)
  expect((await rig.multi('stopwait', 'w1', 'w2')).code).toBe(0)
})

const statusOf = (pid: number, field: string): string | undefined =>
  new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]

test.for([
  ['its own --umask', ['--umask=077'], '0077'],
  ['the caller’s umask without --umask', [], '0031'],
] as const)('a worker has %s', async ([, options, umask], context) => {
  const rig = rigFor(context)
  const start = `umask 031; ${multi(...START, ...SLEEP, ...options)}`
  expect((await rig.program(['bash', '-c', start]).ended).code).toBe(0)
  expect(statusOf(workerOf(rig), 'Umask')).toBe(umask)
  await stopped(rig)
})

/** Everything that multi has written about nodes. */
const written = (rig: Rig): string =>
  [rig.run, rig.state]
    .flatMap((directory) => readdirSync(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')

test('of the caller’s environment the names are recorded and no value; the worker gets both', async (context) => {
  const rig = rigFor(context)
  const env = { BROKER_PASSWORD: 'swordfish-1517' }
  await rig.multi({ env }, ...START, ...rig.puppet)
  const worker = await rig.worker('w1')
  expect(worker.hello.env['BROKER_PASSWORD']).toBe('swordfish-1517')
  expect(written(rig)).toContain('BROKER_PASSWORD')
  expect(written(rig)).not.toContain('swordfish')
  await rig.multi({ env }, 'stopwait', 'w1')
  expect(written(rig)).not.toContain('swordfish')
})

test('a worker is told its node, index, pidfile, logfile and launch', async (context) => {
  const rig = rigFor(context)
  await rig.multi('start', 'w1', 'w2', ...rig.puppet, '--startsecs=0')
  const { env } = (await rig.worker('w2')).hello
  expect(env).toMatchObject({
    MULTI_INDEX: '2',
    MULTI_PIDFILE: rig.pidfile('w2'),
    MULTI_LOGFILE: join(rig.logs, 'w2.log'),
    MULTI_LAUNCH: rig.record('w2')?.launch?.id,
    SPT_NOENV: '1',
  })
  expect(env['MULTI_NODE']).toMatch(/^w2@/)
  await rig.multi('stopwait', 'w1', 'w2')
})

test('a variable that the caller no longer has is gone after a restart, and the restart says so', async (context) => {
  const rig = rigFor(context)
  await rig.multi({ env: { FLAVOUR: 'mint', OTHER: 'one' } }, ...START, ...rig.puppet)
  const before = await rig.worker('w1')
  expect(before.hello.env).toMatchObject({ FLAVOUR: 'mint', OTHER: 'one' })
  const { code, stdout, stderr } = await rig.multi({ env: { OTHER: 'two' } }, 'restart', 'w1', '--startsecs=0')
  expect(code).toBe(0)
  expect(stdout + stderr).toMatch(/not set now.*FLAVOUR/)
  const after = await rig.worker('w1')
  expect(after.pid).not.toBe(before.pid)
  expect(after.hello.env['FLAVOUR']).toBeUndefined()
  expect(after.hello.env['OTHER']).toBe('two')
  await rig.multi('stopwait', 'w1')
})

test.for(['help', '--version', 'names 3', 'help --json'])(
  'what cannot be written is a failure, and said: %s',
  async (line, context) => {
    const words = `${multi(...line.split(' '))} >/dev/full`
    const { code, stderr } = await rigFor(context).program(['/bin/sh', '-c', words]).ended
    expect(code).toBe(1)
    expect(stderr).toBe('multi: write standard output: the disk is full (ENOSPC); free some space\n')
  },
)

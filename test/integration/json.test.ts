import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Finished, type Rig, rigFor } from '../rig/rig.ts'

const document = ({ json, stderr }: Finished): unknown => {
  expect(stderr).toBe('')
  return json()
}

test('--json prints exactly one document for every verb that acts', async (context) => {
  const rig = rigFor(context)
  const started = await rig.multi('start', 'w1', 'w2', ...rig.puppet, '--startsecs=0', '--json')
  const [one, two] = [await rig.worker('w1'), await rig.worker('w2')]
  expect(document(started)).toMatchObject([
    { name: expect.stringMatching(/^w1@/) as string, result: 'started', pid: one.pid, reason: null },
    { result: 'started', pid: two.pid },
  ])
  expect(document(await rig.multi('status', '--json'))).toMatchObject([
    { state: 'running', pid: one.pid },
    { pid: two.pid },
  ])
  expect(document(await rig.multi('restart', 'w1', '--startsecs=0', '--json'))).toMatchObject([
    { result: 'restarted', wasPid: one.pid },
  ])
  // Signalled, or seen to be gone already: it ends at once.
  expect(document(await rig.multi('stop', 'w1', '--json'))).toMatchObject([
    { result: expect.stringMatching(/^(signalled|stopped)$/) as string },
  ])
  expect(document(await rig.multi('stopwait', 'w1', '--json'))).toMatchObject([
    { name: expect.stringMatching(/^w1@/) as string },
  ])
  expect(document(await rig.multi('kill', 'w2', '--json'))).toMatchObject([{ result: 'stopped', killed: [two.pid] }])
  expect(document(await rig.multi('stopwait', '--json'))).toMatchObject([
    { result: 'already-down' },
    { result: 'already-down' },
  ])
})

test('--json prints exactly one document for every verb that only reads', async (context) => {
  const rig = rigFor(context)
  const shown = document(await rig.multi('show', 'w1', ...rig.puppet, '--json')) as Record<string, unknown>[]
  const [first] = shown
  expect(shown).toHaveLength(1)
  for (const key of ['name', 'kind', 'argv', 'cwd', 'env', 'pidfile', 'logfile', 'uid', 'gid', 'umask']) {
    expect(first).toHaveProperty(key)
  }
  expect(document(await rig.multi('names', '2', '-n', 'h', '--json'))).toEqual(['celery1@h', 'celery2@h'])
  expect(document(await rig.multi('expand', '/run/%n.pid', '2', '--json'))).toEqual([
    '/run/celery1.pid',
    '/run/celery2.pid',
  ])
  expect(document(await rig.multi('get', 'w1', 'w1', '-c', '3', '--json'))).toMatchObject({
    name: expect.stringMatching(/^w1@/) as string,
  })
  const missing = await rig.multi('get', 'w2', 'w1', '--json')
  expect(missing.code).toBe(1)
  expect(missing.json()).toEqual({})
})

test('--json of a failed start: the reason, the exit code and the last lines of the log', async (context) => {
  const rig = rigFor(context)
  const { code, json } = await rig.multi(
    'start',
    'w1',
    '--cmd',
    'sh -c "echo boom >&2; exit 3"',
    '--startsecs=20',
    '--json',
  )
  expect(code).toBe(1)
  expect(json()).toMatchObject([{ result: 'failed', reason: 'died', exitCode: 3, signal: null, logTail: ['boom'] }])
})

test.for([
  ['a wrong option value', ['start', 'w1', '--startsecs=soon'], 2],
  ['an unknown verb', ['strat', 'w1'], 2],
  ['a selector without a node', ['start', 'w1', '-c:typo', '3'], 2],
  ['no node', ['stopwait'], 2],
  ['no verb', [], 2],
] as const)(
  '--json of a command line that is wrong (%s): one document, and the sentence on stderr',
  async ([, line, exitCode], context) => {
    const rig = rigFor(context)
    const { code, json, stderr } = await rig.multi(...line, '--json')
    expect(code).toBe(exitCode)
    expect(json()).toMatchObject({ error: { reason: 'usage', exitCode } })
    expect(stderr).toMatch(/^multi: /)
  },
)

test('--json of an interrupted wait is still one document', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.on('SIGTERM', 'stay')
  const waiting = rig.begin('stopwait', 'w1', '--json')
  await worker.got('SIGTERM')
  waiting.kill('SIGINT')
  const { code, json } = await waiting.ended
  expect(code).toBe(130)
  expect(json()).toMatchObject([{ result: 'failed', reason: 'interrupted', pid: worker.pid }])
  await worker.exit()
})

test('--json and --verbose and --quiet together are still one document', async (context) => {
  const rig = rigFor(context)
  const line = ['start', 'w1', ...rig.puppet, '--startsecs=0', '--json', '--verbose', '--quiet']
  expect(document(await rig.multi(...line))).toMatchObject([{ result: 'started' }])
  expect(document(await rig.multi('stopwait', '--json', '--verbose', '--quiet'))).toMatchObject([{ result: 'stopped' }])
})

test.for(['help', '--help', '--version'])('%s --json is one document, too', async (word, context) => {
  const rig = rigFor(context)
  const { code, json } = await rig.multi(word, '--json')
  expect(code).toBe(0)
  expect(json()).toBeTypeOf('object')
})

/** Everything below a directory, with what would tell of a change. */
const listing = (directory: string): string[] =>
  (readdirSync(directory, { recursive: true }) as string[])
    .map((name) => {
      const { ino, mtimeMs, ctimeMs, size } = statSync(join(directory, name))
      return [name, ino, mtimeMs, ctimeMs, size].join(' ')
    })
    .sort()

const PURE = [
  ['names', '3'],
  ['expand', '/nowhere/%n/%h.pid', '3'],
  ['show', '3', '--cmd', 'sleep 1000', '--pidfile=/nowhere/%n.pid', '--logfile=sub/%n.log'],
  ['get', 'celery2', '3', '-c:2', '5', '--cmd', 'sleep 1000'],
] as const

async function expectPure(rig: Rig, env: NodeJS.ProcessEnv): Promise<void> {
  for (const line of PURE) {
    const { code, stdout, stderr } = await rig.multi({ env }, ...line)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toBe('')
  }
}

test('names, expand, show and get touch nothing on disk', async (context) => {
  const rig = rigFor(context)
  const socket = 'socket'
  const rest = (): string[] => listing(rig.directory).filter((line) => !line.startsWith(`${socket} `))
  const before = rest()
  await expectPure(rig, {})
  expect(rest()).toEqual(before)
})

test('names, expand, show and get make none of the directories that a start would make', async (context) => {
  const rig = rigFor(context)
  for (const directory of [rig.run, rig.logs, rig.state, rig.home]) rmSync(directory, { recursive: true })
  await expectPure(rig, {})
  for (const directory of [rig.run, rig.logs, rig.state, rig.home]) expect(existsSync(directory)).toBe(false)
})

test('expand prints nothing on stderr, even where another verb would warn', async (context) => {
  const rig = rigFor(context)
  const { code, stdout, stderr } = await rig.multi('expand', '%n.pid', '2', '--logfile=one.log', '--cmd', 'sleep 1')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe('celery1.pid\ncelery2.pid\n')
})

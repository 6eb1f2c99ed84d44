import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { MULTI, type Options, type Rig, type Running, rigFor, until } from '../rig/rig.ts'

const ESC = String.fromCharCode(27)
const COLOUR = new RegExp(`${ESC}\\[\\d+m`)

/** script(1) of util-linux gives a command a terminal of its own. */
const hasScript = String(spawnSync('script', ['--version']).stdout).includes('util-linux')

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

function onTerminal(rig: Rig, line: readonly string[], options: Options = {}): Running {
  const command = [process.execPath, MULTI, ...line].map(quoted).join(' ')
  const env = { TERM: 'xterm-256color', SHELL: '/bin/sh', ...options.env }
  return rig.program(['script', '--quiet', '--return', '--command', command, '/dev/null'], { ...options, env })
}

test.skipIf(!hasScript)(
  'on a terminal stopwait has one live line with who, pid and how long, gone at the end',
  async (context) => {
    const rig = rigFor(context)
    const worker = await rig.started('w1')
    await worker.on('SIGTERM', 'stay')
    const waiting = onTerminal(rig, ['stopwait', 'w1'])
    await waiting.waitFor(new RegExp(`\\rwaiting for 1 node: w1 \\(pid ${worker.pid}, \\d+(\\.\\d)? s\\)`))
    await until(() => (waiting.stdout.match(/\rwaiting for/g) ?? []).length > 2, 'the line to be drawn again')
    await worker.exit()
    const { code, stdout } = await waiting.ended
    expect(code).toBe(0)
    // Redrawn in place: no line of its own, erased before the outcome.
    expect(stdout).not.toMatch(/waiting for[^\r\n]*\r?\n/)
    expect(stdout).toMatch(new RegExp(`waiting for[^\\r\\n]*\\r${ESC}\\[K\\t> w1@`))
  },
)

test.skipIf(!hasScript)('on a terminal a start that takes long says who is waited for', async (context) => {
  const rig = rigFor(context)
  const starting = onTerminal(rig, ['start', 'w1', ...rig.puppet, '--startsecs=1000'])
  const worker = await rig.worker('w1')
  await starting.waitFor(new RegExp(`\\rwaiting for 1 node to be ready: w1 \\(pid ${worker.pid}`))
  await worker.exit(1)
  expect((await starting.ended).code).toBe(1)
})

test.skipIf(!hasScript)('Ctrl-C on the terminal ends the waiting and not the workers: exit 130', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  await worker.on('SIGTERM', 'stay')
  const waiting = onTerminal(rig, ['stopwait', 'w1'], { typing: true })
  await waiting.waitFor(/waiting for 1 node/)
  waiting.type('\u0003')
  const { code, stdout } = await waiting.ended
  expect(code).toBe(130)
  expect(stdout).toContain(`interrupted, left draining (pid ${worker.pid})`)
  expect(worker.alive).toBe(true)
  expect(worker.signals).toEqual(['SIGTERM'])
  await worker.exit()
})

test.skipIf(!hasScript).for([
  ['is used', {}, [], true],
  ['is left out with NO_COLOR', { NO_COLOR: '1' }, [], false],
  ['is used with an empty NO_COLOR', { NO_COLOR: '' }, [], true],
  ['is left out with --no-color', {}, ['--no-color'], false],
  ['is left out on a dumb terminal', { TERM: 'dumb' }, [], false],
] as const)('on a terminal colour %s', async ([, env, options, coloured], context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  for (const verb of ['status', 'stopwait']) {
    const { stdout } = await onTerminal(rig, [verb, 'w1', ...options], { env }).ended
    expect(stdout).toContain('w1@')
    expect(COLOUR.test(stdout)).toBe(coloured)
  }
})

test('in a pipe there is neither colour nor anything that moves a cursor', async (context) => {
  const rig = rigFor(context)
  const env = { TERM: 'xterm-256color' }
  const started = await rig.multi({ env }, 'start', 'w1', ...rig.puppet, '--startsecs=0')
  const worker = await rig.worker('w1')
  await worker.on('SIGTERM', 'stay')
  const status = await rig.multi({ env }, 'status')
  const waiting = rig.begin({ env }, 'stopwait')
  await waiting.waitFor(/Waiting for/)
  await worker.exit()
  for (const { stdout, stderr } of [started, status, await waiting.ended]) {
    expect(stdout + stderr).not.toContain(ESC)
    expect(stdout + stderr).not.toContain('\r')
  }
})

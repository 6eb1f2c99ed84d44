import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'

/** Longer than a loaded machine keeps a program from ending. */
const LONG = '--startsecs=30'

const FAILS = ['--cmd', "sh -c 'exit 3'", LONG] as const

test('a node whose first start fails is not wanted up: neither start nor a rolling restart of the fleet tries it', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  expect((await rig.multi('start', 'a1', ...FAILS)).code).toBe(1)
  expect(rig.record('a1')?.wanted).toBe('down')
  const started = await rig.multi('start')
  expect({ code: started.code, said: started.stdout }).toMatchObject({
    code: 0,
    said: expect.not.stringContaining('a1@'),
  })
  const { code, stdout } = await rig.multi('restart', '--rolling')
  expect(code).toBe(0)
  expect(stdout).toMatch(/Restarting node w1@\S+: OK/)
  expect(stdout).not.toContain('a1@')
  expect((await rig.multi('status', 'a1')).stdout).toContain('its first start failed')
  await rig.multi('stopwait', 'w1')
})

test('a node that comes up at last is wanted up from then on, also when a later start of it fails', async (context) => {
  const rig = rigFor(context)
  const fate = join(rig.work, 'fate.sh')
  const line = ['start', 'w1', '--cmd', `sh ${fate}`] as const
  writeFileSync(fate, 'exit 3')
  for (const _time of [1, 2]) {
    expect((await rig.multi(...line, LONG)).code).toBe(1)
    expect(rig.record('w1')?.wanted).toBe('down')
  }
  writeFileSync(fate, 'exec sleep 1000')
  expect((await rig.multi(...line, '--startsecs=0')).code).toBe(0)
  expect(rig.record('w1')?.wanted).toBe('up')
  writeFileSync(fate, 'exit 3')
  expect((await rig.multi('restart', LONG)).code).toBe(1)
  expect(rig.record('w1')?.wanted).toBe('up')
  expect((await rig.multi('status')).stdout).toContain('should be up')
})

/** Names in the index and, but for logs and locks, of files beside pidfiles. */
const filesOf = ({ state, run }: Rig): string[] => [
  ...readdirSync(join(state, 'index')),
  ...readdirSync(run).filter((name) => name !== 'vitals'),
]

test('forget removes all but the log of a node that is down, and status does not show it any more', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  expect((await rig.multi('start', 'wbe', ...FAILS)).code).toBe(1)
  writeFileSync(rig.pidfile('wbe'), '2147483646\n')
  expect((await rig.multi('status')).code).toBe(1)
  const { code, stdout } = await rig.multi('forget', 'wbe')
  expect(code).toBe(0)
  expect(stdout).toMatch(/wbe@\S+: OK \(forgotten\)/)
  const status = await rig.multi('status')
  expect(status.code).toBe(0)
  expect(status.stdout).not.toContain('wbe')
  expect(existsSync(join(rig.logs, 'wbe.log'))).toBe(true)
  expect(filesOf(rig).filter((name) => name.includes('wbe'))).toEqual([])
  await rig.multi('stopwait', 'w1')
  expect((await rig.multi('forget', 'w1')).code).toBe(0)
  expect(filesOf(rig)).toEqual([])
})

test('forget of what was never recorded is fine, and nothing else is forgotten by it', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  await rig.multi('stopwait', 'w1')
  const { code, stdout } = await rig.multi('forget', 'w2')
  expect(code).toBe(0)
  expect(stdout).toMatch(/w2@\S+: OK \(nothing of it is recorded\)/)
  expect((await rig.multi('status')).stdout).toContain('w1@')
  expect((await rig.multi('forget')).code).toBe(2)
})

test('forget of a node that runs or drains is refused with its pid, and the node is left alone', async (context) => {
  const rig = rigFor(context)
  const worker = await rig.started('w1')
  const running = await rig.multi('forget', 'w1')
  expect(running.code).toBe(1)
  expect(running.stdout).toContain(`not forgotten: it is running (pid ${worker.pid})`)
  await worker.on('SIGTERM', 'stay')
  await rig.multi('stop', 'w1')
  expect((await rig.multi('forget', 'w1')).stdout).toContain(`it is draining (pid ${worker.pid})`)
  expect(worker.signals).toEqual(['SIGTERM'])
  expect(rig.record('w1')?.stop?.signal).toBe('TERM')
  await worker.exit()
  await rig.multi('stopwait', 'w1')
})

test('a node that was forgotten can be started again, and is known again', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  await rig.multi('stopwait', 'w1')
  await rig.multi('forget', 'w1')
  expect((await rig.multi('start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')).code).toBe(0)
  expect((await rig.multi('status')).stdout).toMatch(/w1@\S+ +running/)
  await rig.multi('stopwait', 'w1')
})

test.for(['start', 'restart'])(
  '%s --all where all were stopped says that no recorded node should be up, and no more',
  async (verb, context) => {
    const rig = rigFor(context)
    await rig.started('w1')
    await rig.multi('stopwait', '--all')
    const all = await rig.multi(verb, '--all', '--nosplash')
    expect({ code: all.code, lines: all.lines }).toEqual({
      code: 0,
      lines: ['> no recorded node should be up: name those that are to be started'],
    })
    const own = await rig.multi(verb, '--nosplash')
    expect(own.lines).toEqual(['> no node of this fleet should be up: name those that are to be started'])
  },
)

test('resume of a fleet of which a node is down is fine, as quiet is; of a node that is named and down it is not', async (context) => {
  const rig = rigFor(context)
  await rig.started('w1')
  await rig.multi('stopwait', 'w1')
  for (const verb of ['quiet', 'resume']) {
    const { code, stdout } = await rig.multi(verb)
    expect(code).toBe(0)
    expect(stdout).toMatch(/> w1@\S+: DOWN/)
  }
  const named = await rig.multi('resume', 'w1')
  expect(named.code).toBe(1)
  expect(named.stdout).toContain('it does not run')
})

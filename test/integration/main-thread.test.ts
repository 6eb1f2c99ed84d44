import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processOf, type Rig, rigFor, until } from '../rig/rig.ts'

/** Its main thread ends, and another works on: /proc/PID/stat says `Z` then. Not for ever, should a test leave it. */
const WORKER = `
import ctypes, threading, time
threading.Thread(target=lambda: time.sleep(120)).start()
ctypes.CDLL(None).pthread_exit(None)
`

const hasPython = spawnSync('python3', ['-c', 'import ctypes']).status === 0

/** Started by multi, as far as its main thread’s end. */
async function startedWithoutMain(rig: Rig): Promise<number> {
  const script = join(rig.work, 'worker.py')
  writeFileSync(script, WORKER)
  expect((await rig.multi('start', 'w1', '--cmd', `python3 ${script}`, '--startsecs=0')).code).toBe(0)
  const pid = rig.readPid('w1') as number
  await until(() => processOf(pid)?.state === 'Z', 'its main thread to have ended')
  return pid
}

test.runIf(hasPython).for(['stopwait', 'kill'])(
  'a worker whose main thread has ended works on: it runs, is not started again, and %s ends it',
  async (verb, context) => {
    const rig = rigFor(context)
    const pid = await startedWithoutMain(rig)
    const status = await rig.multi('status', 'w1', '--json')
    expect(status.json()).toMatchObject([{ state: 'running', pid }])
    expect((await rig.multi('start', 'w1')).stdout).toContain(`already running, pid ${pid}`)
    expect((await rig.multi(verb, 'w1')).code).toBe(0)
    expect(['Z1', 'undefined']).toContain(threadsOf(pid))
    expect((await rig.multi('status', 'w1')).code).toBe(3)
  },
)

test.runIf(hasPython)('one that only its pidfile names is unknown, and left alone', async (context) => {
  const rig = rigFor(context)
  const pid = await startedWithoutMain(rig)
  const elsewhere = join(rig.directory, 'elsewhere')
  mkdirSync(elsewhere)
  writeFileSync(join(elsewhere, 'w1.pid'), `${pid}\n`)
  const other = { env: { MULTI_RUN_DIR: elsewhere, MULTI_STATE_DIR: elsewhere } }
  for (const line of [
    ['start', 'w1', '--cmd', 'sleep 1000'],
    ['stop', 'w1'],
    ['kill', 'w1'],
  ] as const) {
    const { code, stdout } = await rig.multi(other, ...line)
    expect([code, stdout]).toEqual([
      4,
      expect.stringContaining(`pid ${pid} of the pidfile cannot be told from a stranger`),
    ])
  }
  expect(processOf(pid)?.state).toBe('Z')
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})

function threadsOf(pid: number): string {
  const found = processOf(pid)
  return found === undefined ? 'undefined' : `${found.state}${found.threads}`
}

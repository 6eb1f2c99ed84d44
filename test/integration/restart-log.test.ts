import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isRoot, NOBODY, rigFor } from '../rig/rig.ts'

test.for([[], ['--rolling']])(
  'restart %j with a directory in the place of the log stops nothing',
  async (options, context) => {
    const rig = rigFor(context)
    const worker = await rig.started('w1')
    const log = join(rig.logs, 'w1.log')
    renameSync(log, `${log}.old`)
    mkdirSync(log)
    const { code, stdout } = await rig.multi('restart', 'w1', ...options)
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAILED: could not open the log of w1@.*w1\.log/)
    expect(worker.signals).toEqual([])
    expect(worker.alive).toBe(true)
    await rig.multi('stopwait', 'w1')
  },
)

test.runIf(isRoot)(
  'restart with a log that may not be written any more, or not be made, stops nothing',
  async (context) => {
    const rig = rigFor(context)
    const own = rig.userDirectory(NOBODY)
    const as = { uid: NOBODY }
    expect((await rig.multi(as, 'start', 'w1', ...rig.puppet, '--startsecs=0')).code).toBe(0)
    const worker = await rig.worker('w1')
    await rig.program(['chmod', '400', `${own}/log/w1.log`]).ended
    for (const undo of [['chmod', '500', `${own}/log`], undefined]) {
      const { code, stdout } = await rig.multi(as, 'restart', 'w1')
      expect(code).toBe(4)
      expect(stdout).toMatch(/multi has no right to open the log of w1@.*--logfile/)
      expect(worker.signals).toEqual([])
      if (undo) {
        renameSync(`${own}/log/w1.log`, `${own}/w1.log`)
        await rig.program(undo as [string, ...string[]]).ended
      }
    }
    expect(worker.alive).toBe(true)
    expect((await rig.multi(as, 'stopwait', 'w1')).code).toBe(0)
  },
)

test('restart and start of a whole fleet take another log for each node, and say when it is one for all', async (context) => {
  const rig = rigFor(context)
  expect((await rig.multi('start', '2', ...rig.puppet, '--startsecs=0')).code).toBe(0)
  const logs = (at: string) => ['celery1', 'celery2'].map((node) => join(rig.work, at.replace('%n', node)))
  const recorded = () => ['celery1', 'celery2'].map((node) => rig.record(node)?.logfile)
  const restarted = await rig.multi('restart', '--startsecs=0', `--logfile=${rig.work}/new-%n.log`)
  expect(restarted.code).toBe(0)
  expect(recorded()).toEqual(logs('new-%n.log'))
  expect(logs('new-%n.log').map((path) => existsSync(path))).toEqual([true, true])
  const shared = await rig.multi('restart', '--startsecs=0', `--logfile=${rig.work}/one.log`)
  expect(shared.code).toBe(0)
  expect(shared.stdout + shared.stderr).toMatch(/log to one file, .*one\.log; %n in --logfile gives each its own/)
  expect(recorded()).toEqual(logs('one.log'))
  await (await rig.worker('celery1')).die()
  expect((await rig.multi('start', '--startsecs=0', `--logfile=${rig.work}/again-%n.log`)).code).toBe(0)
  // The one that was up goes on as it is.
  expect(recorded()).toEqual([join(rig.work, 'again-celery1.log'), join(rig.work, 'one.log')])
  expect((await rig.multi('stopwait')).code).toBe(0)
})

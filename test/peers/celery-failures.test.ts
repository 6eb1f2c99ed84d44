import { describe, expect, test } from 'vitest'
import { type Celery, note, skip, withBroker } from './celery.ts'

/** A start that fails: exit code 1, the worker's own words below the line, and nothing of it left. */
async function expectFailure(celery: Celery, line: readonly string[], words: RegExp): Promise<void> {
  const { code, stdout } = await celery.multi('start', 'w1', ...line)
  expect(code).toBe(1)
  expect(stdout).toMatch(/w1@\S+: FAILED: exited with code \d+ before it was ready; see \S+w1\.log\n/)
  const tail = stdout.split('\n').filter((text) => text.startsWith('\t  | '))
  expect(tail.join('\n')).toMatch(words)
  expect(celery.rig.processes()).toEqual([])
  expect((await celery.multi('status', 'w1')).code).toBe(3)
}

describe.skipIf(skip)(`a Celery worker that does not come up${note}`, { concurrent: true }, () => {
  const celeryFor = withBroker()

  test('because it has no such option: its own usage error', async (context) => {
    const celery = celeryFor(context)
    await expectFailure(celery, ['-A', 'tasks', '--no-such-option'], /No such option:? .*--no-such-option/)
  })

  test('because a value is wrong: its own usage error', async (context) => {
    const celery = celeryFor(context)
    await expectFailure(celery, ['-A', 'tasks', '-c', 'many'], /'many' is not a valid integer/)
  })

  test('because its module is missing: its own log lines', async (context) => {
    const celery = celeryFor(context)
    await expectFailure(celery, ['-A', 'nosuch'], /nosuch/)
  })

  test('leaves the others alone', async (context) => {
    const celery = celeryFor(context)
    const { code, stdout } = await celery.multi('start', 'w1', 'w2', '-A', 'tasks', '-c:w1', 'many', '-c:w2', '1')
    expect(code).toBe(1)
    expect(stdout).toMatch(/w1@\S+: FAILED/)
    expect(stdout).toMatch(/w2@\S+: OK/)
    expect(await celery.server()).toMatch(/^w2@/)
    await celery.done('stopwait', 'w2')
  })
})

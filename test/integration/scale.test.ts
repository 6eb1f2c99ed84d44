import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { type Finished, type Rig, rigFor } from '../rig/rig.ts'
import { litter, workersOf } from './support/truth.ts'

interface Row {
  readonly name: string
  readonly state: string
  readonly pid: number
}

/** What a node cost: printed to look at, never asserted; that is for bench/. */
async function measured(rig: Rig, count: number, ...line: [string, ...string[]]): Promise<Finished> {
  const begun = performance.now()
  const finished = await rig.multi(...line)
  console.log(`${line[0]} of ${count}: ${((performance.now() - begun) / count).toFixed(2)} ms a node`)
  return finished
}

test.for([100, 1000])(
  '%i workers are started, all seen by status, stopped, and nothing stays behind',
  async (count, context) => {
    const rig = rigFor(context)
    expect((await measured(rig, count, 'start', `${count}`, '--cmd', 'sleep 10000', '--startsecs=0')).code).toBe(0)
    const workers = workersOf(rig)
    expect(workers.size).toBe(count)
    // Nothing of multi itself: every process of this rig is the one worker of its node.
    expect(rig.processes()).toHaveLength(count)
    const status = await measured(rig, count, 'status', '--json')
    expect(status.code).toBe(0)
    const rows = status.json() as Row[]
    expect(rows).toHaveLength(count)
    for (const [at, { name, state, pid }] of rows.entries()) {
      const node = `celery${at + 1}`
      expect({ name: name.split('@')[0], state, pid }).toEqual({
        name: node,
        state: 'running',
        pid: workers.get(node)?.[0]?.pid,
      })
    }
    const again = await measured(rig, count, 'start', `${count}`, '--cmd', 'sleep 10000', '--startsecs=0', '--json')
    expect((again.json() as { result: string }[]).every(({ result }) => result === 'already-running')).toBe(true)
    expect((await measured(rig, count, 'stopwait')).code).toBe(0)
    expect(rig.processes()).toEqual([])
    expect(litter(rig)).toEqual([])
    expect((await rig.multi('status')).code).toBe(3)
  },
)

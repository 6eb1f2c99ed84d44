import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isAlive } from '../../rig/processes.ts'
import { until, whileNothingHappens } from '../../rig/until.ts'
import { PoolRig } from './pool-rig.ts'

let rig: PoolRig
beforeEach(() => {
  rig = new PoolRig()
})
afterEach(() => rig.remove())

describe('--max-tasks-per-child', () => {
  it('replaces a child that has done so many, when its running job is done', async () => {
    const host = await rig.ready(['-c', '2', '--max-tasks-per-child=3'])
    const [first, second] = [rig.pid(1), rig.pid(2)]
    await rig.tell(1, 'begin', 'jobs 3')
    await host.says('child 1 is closed: it has done 3 jobs')
    // Fixed: only to show that its job is not lost.
    await whileNothingHappens()
    expect(isAlive(first)).toBe(true)
    await rig.tell(1, 'end')
    await rig.gone(first)
    await rig.successor(1, first)
    await rig.saysOfItself('what its predecessor did', ({ done }) => done === 4)
    expect(rig.pid(2)).toBe(second)
    expect(host.output).not.toContain('in a row')
  })

  it('replaces one at a time', async () => {
    const host = await rig.ready(['-c', '4', '--max-tasks-per-child=3'])
    const second = rig.pid(2)
    await rig.tell(1, 'begin', 'jobs 3')
    await host.says('child 1 is closed')
    await rig.tell(2, 'jobs 3')
    await rig.saysOfItself('jobs of both', ({ done }) => done === 6)
    // Fixed: only to show that the second one waits for its turn.
    await whileNothingHappens()
    expect(host.output).not.toContain('child 2 is closed')
    expect(isAlive(second)).toBe(true)
    await rig.tell(1, 'end')
    await host.saysTimes('child 1 is ready', 2)
    await rig.successor(2, second)
  })
})

it('--max-memory-per-child replaces a child that has taken more, in KiB', async () => {
  const host = await rig.ready(['-c', '2', '--max-memory-per-child=200000'])
  const first = rig.pid(1)
  await rig.tell(1, 'grow 200', 'jobs 1')
  await host.says('KiB of memory')
  expect(host.output).toMatch(/child 1 is closed: it has taken \d{6} KiB of memory/)
  await rig.successor(1, first)
  expect(host.output).not.toContain('child 2 is closed')
})

describe('--autoscale', () => {
  const alive = (child: number) => rig.pid(child) > 0 && isAlive(rig.pid(child))
  const living = () => [1, 2, 3].filter(alive).length
  const children = (n: number) => until(() => living() === n, `${n} children`)

  it('begins with the fewest, and adds one whenever all are busy', async () => {
    await rig.ready(['--autoscale=3,1'])
    await children(1)
    await rig.tell(1, 'begin')
    await children(2)
    // Fixed: only to show that an idle child is enough.
    await whileNothingHappens()
    expect(living()).toBe(2)
    await rig.tell(2, 'begin')
    await children(3)
  })

  it('adds as many as the jobs that the app says to wait, up to the most', async () => {
    const host = await rig.ready(['--autoscale=3,1'])
    await rig.tell(1, 'backlog 9')
    await children(3)
    await expect(host.says('scaling from 1 to 3 children')).resolves.toBeUndefined()
  })

  it('closes idle ones after a while, and never one with a job', async () => {
    const host = await rig.ready(['--autoscale=3,1'], { AUTOSCALE_KEEPALIVE: '0.5' })
    await rig.tell(1, 'backlog 9')
    await children(3)
    await host.saysTimes('child 3 is ready', 1)
    await rig.tell(2, 'begin')
    await rig.saysOfItself('the job', ({ active }) => active === 1)
    await rig.tell(1, 'backlog 0')
    await children(1)
    expect(alive(2)).toBe(true)
    expect(host.output).not.toContain('child 2 is closed')
    await rig.tell(2, 'end')
    await rig.saysOfItself('it done', ({ done }) => done === 1)
    await rig.state('ready')
  })
})

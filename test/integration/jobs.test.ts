import { renameSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Puppet, type Rig, rigFor, until, whileNothingHappens } from '../rig/rig.ts'

const NODES = ['w1', 'w2', 'w3', 'w4', 'w5']
const LIMIT = 2

/** The worker says that it is ready, as workers do: whole, by rename. */
function sayReady({ pid, hello }: Puppet): void {
  const file = hello.env['MULTI_VITALS'] ?? ''
  const vitals = { v: 1, pid, state: 'ready', active: 0, reserved: 0, done: 0, updatedAt: Date.now() }
  writeFileSync(`${file}.tmp`, JSON.stringify(vitals))
  renameSync(`${file}.tmp`, file)
}

/** Only their own word makes these ready: nobody lives long enough to count as ready without. */
const START = ['--jobs', String(LIMIT), '--startsecs=150', '--start-timeout=170'] as const

/** One after the other settles, by what `settle` does; never are more under way than the limit, until none is left to come. */
async function expectLimit(rig: Rig, multi: number, settle: (worker: Puppet, at: number) => unknown): Promise<void> {
  const workers = () => rig.puppets.all
  for (const at of NODES.keys()) {
    const spawned = Math.min(NODES.length, at + LIMIT)
    await until(() => workers().length === spawned, `${spawned} workers to say hello`)
    await whileNothingHappens(300)
    expect(workers()).toHaveLength(spawned)
    // Not one more that has not said hello yet.
    expect(rig.processes().filter(({ pid }) => pid !== multi)).toHaveLength(
      workers().filter(({ alive }) => alive).length,
    )
    const next = workers()[at]
    if (!next) throw new Error(`there is no worker ${at}`)
    await settle(next, at)
  }
}

test('start --jobs 2: never more than two nodes are between their spawn and their readiness', async (context) => {
  const rig = rigFor(context)
  const starting = rig.begin('start', ...NODES, ...rig.puppet, ...START)
  await expectLimit(rig, starting.pid, sayReady)
  expect((await starting.ended).code).toBe(0)
  expect(new Set(rig.puppets.all.map(({ hello }) => hello.node?.split('@')[0]))).toEqual(new Set(NODES))
  expect((await rig.multi('stopwait')).code).toBe(0)
})

test('start --jobs 2: a node that dies before it is ready makes room for one more, not for all', async (context) => {
  const rig = rigFor(context)
  const starting = rig.begin('start', ...NODES, ...rig.puppet, ...START)
  await expectLimit(rig, starting.pid, (worker, at) => (at === 1 ? worker.exit(3) : sayReady(worker)))
  const { code, stdout } = await starting.ended
  expect(code).toBe(1)
  expect(stdout.match(/: OK \(/g)).toHaveLength(NODES.length - 1)
  expect(stdout).toMatch(/FAILED: exited with code 3 before it was ready/)
  expect((await rig.multi('stopwait')).code).toBe(0)
})

import { readdirSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isRoot, type Rig, rigFor, until } from '../../rig/rig.ts'
import { lacks } from '../support/lacks.ts'
import { OTHER } from '../support/others.ts'
import { expectNoDoubles, expectTruth, expectUp, litter, workersOf } from '../support/truth.ts'

const NODES = Array.from({ length: 10 }, (_, index) => `w${index + 1}`)
const START = ['start', ...NODES, '--cmd', 'sleep 1000', '--startsecs=0'] as const

/** RLIMIT_NPROC counts threads too, and does not hold for root. */
const limited = (limit: number): string[] => ['prlimit', `--nproc=${limit}:${limit}`]

/** All of a user's, zombies too. */
const processesOf = (uid: number): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && ownerOf(`/proc/${name}`) === uid)

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid
  } catch {
    return undefined // It has ended meanwhile.
  }
}

async function expectTrue(rig: Rig): Promise<number> {
  const rows = await expectTruth(rig, NODES, { uid: OTHER })
  expectNoDoubles(rig)
  return rows.filter(({ state }) => state === 'running').length
}

/** The threads that Node has, once its pool has begun: they count, and differ by version and machine. With fewer it ends, or hangs. */
async function threadsOfNode(rig: Rig): Promise<number> {
  const script = `require('node:fs').stat('/', () => console.log(require('node:fs').readdirSync('/proc/self/task').length))`
  return Number((await rig.program([process.execPath, '-e', script]).ended).stdout)
}

test('a limit of processes (ulimit -u): the nodes that were started run, the others say why, and without the limit the same start finishes', async (context) => {
  if (!isRoot) lacks(context, 'only root can be a user of whom nobody else runs anything')
  const rig = rigFor(context)
  const as = { uid: OTHER }
  let partly = 0
  // To where all ten can run.
  for (let limit = (await threadsOfNode(rig)) + 2; ; limit += 4) {
    await until(() => processesOf(OTHER).length === 0, 'the last round to be reaped: zombies count')
    const started = await rig.multi({ ...as, under: limited(limit) }, ...START)
    const running = await expectTrue(rig)
    const refused = started.stdout.match(/FAILED: .*no more processes are allowed \(EAGAIN\)/g) ?? []
    expect(started.stdout + started.stderr).not.toContain('internal error')
    // Too few for a thread of Node's: it aborts, which is one more way for a command to be killed.
    const said = started.signal === null ? { code: started.code, refused: refused.length } : 'aborted'
    const code = running === NODES.length ? 0 : 1
    expect(['aborted', { code, refused: NODES.length - running }]).toContainEqual(said)
    if (started.code === 1 && running > 0) partly++
    expect((await rig.multi(as, ...START)).code).toBe(0)
    expectUp(rig, NODES, `a start under a limit of ${limit}, done again without`)
    expect((await rig.multi(as, 'stopwait', ...NODES)).code).toBe(0)
    if (started.code === 0) break
  }
  expect(partly).toBeGreaterThan(0)
  expect(workersOf(rig).size).toBe(0)
  expect(litter(rig)).toEqual([])
}, 240_000)

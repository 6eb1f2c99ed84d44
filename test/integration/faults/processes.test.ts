import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Finished, isRoot, processOf, type Rig, rigFor, until } from '../../rig/rig.ts'
import { atCall } from '../support/at-call.ts'
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
})

/** What the limit counts: each thread of each of that user's processes. */
const tasksOf = (uid: number): number =>
  processesOf(uid)
    .map((pid) => namesIn(`/proc/${pid}/task`).length)
    .reduce((sum, count) => sum + count, 0)

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return [] // It has ended meanwhile.
  }
}

/** Runs it until it is about to start its first worker: from there on its user may have so many more tasks, and no more. */
async function limitedAtSpawn(rig: Rig, more: number, line: readonly string[]): Promise<Finished> {
  const running = rig.begin({ uid: OTHER, env: atCall('STOP spawn') }, ...line)
  await until(() => processOf(running.pid)?.state === 'T', 'the first spawn')
  await until(() => processesOf(OTHER).every((pid) => processOf(Number(pid))?.state !== 'Z'), 'zombies to be reaped')
  const limit = tasksOf(OTHER) + more
  const set = await rig.program(['prlimit', `--pid=${running.pid}`, `--nproc=${limit}:${limit}`], { uid: OTHER }).ended
  expect(set).toMatchObject({ code: 0 })
  running.kill('SIGCONT')
  return running.ended
}

const REFUSED = /FAILED: .*no more processes are allowed \(EAGAIN\)/g

const pidsOf = (rig: Rig): Map<string, number | undefined> =>
  new Map([...workersOf(rig)].map(([node, [worker]]) => [node, worker?.pid]))

async function expectAllStarted(rig: Rig): Promise<void> {
  await until(() => processesOf(OTHER).every((pid) => processOf(Number(pid))?.state !== 'Z'), 'zombies to be reaped')
  expect((await rig.multi({ uid: OTHER }, ...START)).code).toBe(0)
  expectUp(rig, NODES, 'a start without a limit')
}

async function expectCleared(rig: Rig): Promise<void> {
  expect((await rig.multi({ uid: OTHER }, 'stopwait', ...NODES)).code).toBe(0)
  expect(workersOf(rig).size).toBe(0)
  expect(litter(rig, join(rig.userDirectory(OTHER), 'run'))).toEqual([])
}

const RESTART = ['restart', ...NODES, '--startsecs=0'] as const

/** Room for none, for some, for all of them. */
test.for([0, 1, 4, 9, 20])(
  'a limit of processes, reached by a restart with room for %i more: those refused say why, nobody is lost, and the same restart finishes',
  async (more, context) => {
    if (!isRoot) lacks(context, 'only root can be a user of whom nobody else runs anything')
    const rig = rigFor(context)
    await expectAllStarted(rig)
    const before = new Set(pidsOf(rig).values())
    const { code, signal, stdout, stderr } = await limitedAtSpawn(rig, more, RESTART)
    const running = await expectTrue(rig)
    expect(stdout + stderr).not.toContain('internal error')
    const refused = stdout.match(REFUSED)?.length ?? 0
    expect({ signal, code, refused }).toEqual({
      signal: null,
      code: refused > 0 ? 1 : 0,
      refused: NODES.length - running,
    })
    expect([...pidsOf(rig).values()].filter((pid) => before.has(pid))).toEqual([])
    expect((await rig.multi({ uid: OTHER }, ...RESTART)).code).toBe(0)
    expectUp(rig, NODES, 'the same restart without a limit')
    await expectCleared(rig)
  },
)

test.for([0, 1, 2])(
  'a limit of processes, reached by a rolling restart with room for %i of three: it says why and halts, the others keep their workers, and the same restart finishes',
  async (more, context) => {
    if (!isRoot) lacks(context, 'only root can be a user of whom nobody else runs anything')
    const rig = rigFor(context)
    await expectAllStarted(rig)
    const before = pidsOf(rig)
    const line = [...RESTART, '--rolling=3']
    const { code, signal, stdout, stderr } = await limitedAtSpawn(rig, more, line)
    const running = await expectTrue(rig)
    expect({ signal, code }).toEqual({ signal: null, code: 1 })
    expect(stdout + stderr).not.toContain('internal error')
    // Where one has come back, the next may be down before another is refused.
    const refused = stdout.match(REFUSED)?.length ?? 0
    expect(refused).toBe(NODES.length - running)
    expect(refused).toBeLessThanOrEqual(3)
    const after = pidsOf(rig)
    const untouched = [...stdout.matchAll(/node (w\d+)@\S+: FAILED: not touched/g)].map(([, node = '']) => node)
    expect(untouched.length).toBeGreaterThan(3)
    for (const node of untouched) expect(after.get(node)).toBe(before.get(node))
    const others = NODES.filter((node) => !untouched.includes(node))
    for (const node of others) expect(after.get(node)).not.toBe(before.get(node))
    expect((await rig.multi({ uid: OTHER }, ...line)).code).toBe(0)
    expectUp(rig, NODES, 'the same restart without a limit')
    expect([...pidsOf(rig).values()].filter((pid) => [...before.values()].includes(pid))).toEqual([])
    await expectCleared(rig)
  },
)

test('a limit of processes that leaves none to fork: stopwait needs none', async (context) => {
  if (!isRoot) lacks(context, 'only root can be a user of whom nobody else runs anything')
  const rig = rigFor(context)
  const own = await threadsOfNode(rig)
  for (const more of [0, 1, 4]) {
    await expectAllStarted(rig)
    const ended = await rig.multi({ uid: OTHER, under: limited(NODES.length + own + more) }, 'stopwait', ...NODES)
    expect(ended.stdout + ended.stderr).not.toContain('internal error')
    expect(await expectTrue(rig)).toBe(0)
    expect(['aborted', 0]).toContain(ended.signal === null ? ended.code : 'aborted')
    await expectCleared(rig)
  }
})

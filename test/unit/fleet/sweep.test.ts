import { describe, expect, test } from 'vitest'
import { Run } from '../../../src/fleet/run.ts'
import { sweep } from '../../../src/fleet/sweep.ts'
import { claimPath, draftPath, recordPath } from '../../../src/node/files.ts'
import { formatRecord } from '../../../src/node/record.ts'
import { World } from '../../sim/index.ts'
import { KILLED, path, RECORD, STATES, seenOf, TARGET } from '../node/fixtures.ts'

const RUN_DIR = path('/run/multi')
const ROOT = { uid: 0, gid: 0 }

const NUMBER_3 = formatRecord({ ...RECORD, generation: 3 })

/** What stands beside w1’s pidfile, besides the record, after a sweep by a command that has seen its record with number 3. */
async function swept(
  arrange: (world: World, put: (file: string) => void) => void,
  record: string | null = NUMBER_3,
): Promise<string[]> {
  const world = new World()
  world.files.directory(RUN_DIR)
  if (record !== null) world.files.put(recordPath(TARGET.pidfile), record, { uid: 0, mode: 0o600 })
  arrange(world, (file) => void world.files.put(file, 'x'))
  const run = new Run({ target: TARGET, goals: [KILLED] }, 0)
  run.seen = seenOf(STATES.stopped, { record: { ...RECORD, generation: 3 } })
  await world.runUntil(sweep(world.system({ uid: 0 }), RUN_DIR, [run]))
  const left = world.files.list(RUN_DIR, ROOT)
  return typeof left === 'string'
    ? []
    : left.filter((name) => `${RUN_DIR}/${name}` !== recordPath(TARGET.pidfile)).sort()
}

describe('after a command, what killed ones left beside its nodes is removed', () => {
  test('claims up to the record’s number are void; those above it are in force', async () => {
    const left = await swept((world) => {
      for (const number of [1, 3, 4]) world.files.make('symlink', claimPath(TARGET.pidfile, number), ROOT, 'x', 0o777)
    })
    expect(left).toEqual(['.w1.pid.multi.claim.4'])
  })

  test.each([
    ['forgotten', null],
    ['made anew', formatRecord({ ...RECORD, generation: 1 })],
  ])('not those below the number that was seen, if the record was %s meanwhile', async (_how, record) => {
    const left = await swept((world) => {
      world.files.make('symlink', claimPath(TARGET.pidfile, 2), ROOT, 'x', 0o777)
    }, record)
    expect(left).toEqual(['.w1.pid.multi.claim.2'])
  })

  test('drafts whose writer is gone, or whose pid is somebody else’s; not those of one who lives', async () => {
    const left = await swept((world, put) => {
      const writer = world.launch(['/usr/bin/multi'])
      put(draftPath(TARGET.pidfile, writer.identity))
      put(draftPath(TARGET.pidfile, { ...writer.identity, startTicks: 1 }))
      put(draftPath(TARGET.pidfile, { ...writer.identity, pid: 4242 }))
    })
    expect(left).toEqual(['.w1.pid.multi.json.100-100000'])
  })

  test('and nothing else: pidfile, record, other nodes’ files, files of other programs', async () => {
    const others = [
      '/run/multi/.w2.pid.multi.claim.1',
      '/run/multi/.w2.pid.multi.json.1-1',
      '/run/multi/x',
      `${recordPath(TARGET.pidfile)}.bak`,
    ]
    const left = await swept((_world, put) => {
      for (const file of [TARGET.pidfile, ...others]) put(file)
    })
    expect(left).toHaveLength(5)
  })

  test('a directory that is not there is no failure', async () => {
    const world = new World()
    await expect(world.runUntil(sweep(world.system({ uid: 0 }), path('/nowhere'), []))).resolves.toBeUndefined()
  })
})

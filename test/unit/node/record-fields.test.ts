import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AbsPath } from '../../../src/model/names.ts'
import { recordPath } from '../../../src/node/files.ts'
import { type NodeRecord, parseRecord } from '../../../src/node/record.ts'
import { statusJson, statusText } from '../../../src/report/index.ts'
import { shellJoin } from '../../../src/spec/index.ts'
import { Fleet, RUN, UID } from '../../sim/schedules/fleet.ts'
import { LAUNCH, PLAN, RECORD, STOP } from './fixtures.ts'

const PIDFILE = `${RUN}/w1.pid` as AbsPath
const OWN = { name: 'w1@sim', short: 'w1', fleet: `/home/u${UID}`, pidfile: PIDFILE, logfile: `/home/u${UID}/w1.log` }
const plan = {
  ...PLAN,
  ...OWN,
  cwd: `/home/u${UID}`,
  environmentNames: ['PATH', 'LANG'],
  unrecorded: ['PYTHONPATH'],
  env: { MULTI_NODE: 'w1@sim' },
  stop: { warm: 'TERM', soft: 'QUIT', softWhen: 'said', cold: 'KILL' },
  vitals: `${RUN}/vitals/w1.json`,
  caution: { variable: 'REMAP_SIGTERM', value: 'SIGQUIT', text: 'TERM ends it at once' },
  uid: UID,
  gid: UID,
  umask: 0o22,
  notes: ['a note'],
}
const whole = {
  ...RECORD,
  ...OWN,
  launch: { ...LAUNCH, vitals: { path: plan.vitals, uid: UID } },
  stop: { ...STOP, softAt: 1, orphansSignalledAt: 2 },
  exits: [
    { at: 1, pid: 2, code: 3 },
    { at: 4, pid: 5, signal: 'KILL' },
  ],
}
const byProgram = { by: 'program', quiet: ['/usr/bin/quiet', '-q'], resume: ['/usr/bin/resume'], queues: ['celery'] }

/** A full record of each kind, with every field that there is. */
const FULL: readonly object[] = [
  { ...whole, plan: { ...plan, kind: 'celery', argv: ['/usr/bin/celery', 'worker'], quiet: byProgram } },
  { ...whole, plan: { ...plan, kind: 'app', quiet: { by: 'signal', quiet: 'USR1', resume: 'USR2' } } },
  { ...whole, plan: { ...plan, kind: 'command' }, stop: undefined, wanted: 'down' },
]

type Path = readonly string[]

/** Every leaf and every subtree. */
const pathsOf = (value: unknown, path: Path = []): Path[] =>
  typeof value === 'object' && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
    : [path]

function changed(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  return Object.assign(copy, { [key]: changed(copy[key], rest, by) })
}

const spoilt = fc
  .constantFrom(...FULL.flatMap((record) => pathsOf(record).map((path) => [record, path] as const)))
  .chain(([record, path]) =>
    fc
      .oneof(
        fc.jsonValue(),
        fc.constantFrom<unknown>(-1, 5, 2 ** 53 - 1, 1.5, 1e308, '', 'x', '\0', '/\0', [], {}, [{ a: 1 }, null]),
      )
      .map((by) => JSON.stringify(changed(record, path, by))),
  )

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** Every verb that reads records, as their owner and as root; a verb that threw fails the test. */
async function everyVerb(text: string, lives: boolean): Promise<void> {
  const fleet = new Fleet({ worker: 'sleeper', nodes: ['w1'], story: false })
  fleet.furnish()
  let record = text
  if (lives) {
    const { pid, startTicks } = fleet.world.launch(['/usr/bin/sleeper'], { uid: UID })
    const { launch, ...rest } = JSON.parse(text) as NodeRecord
    const { identity } = fleet.world.system({ uid: UID }).self
    record = JSON.stringify({ ...rest, launch: { ...launch, identity: { ...identity, pid, startTicks }, pgid: null } })
  }
  for (const uid of [0, UID]) {
    for (const verb of ['status', 'quiet', 'resume', 'stopwait', 'restart', 'start', 'kill']) {
      fleet.world.files.put(recordPath(PIDFILE), record, { uid: UID, gid: UID, mode: 0o600 })
      const limit = verb === 'stopwait' || verb === 'restart' ? ' --timeout=1' : ''
      const { error, result } = await fleet.done(`${verb} w1 --pidfile=${PIDFILE}${limit}`, uid)
      expect(error).toBeUndefined()
      if (result?.kind !== 'status') continue
      expect(statusText(result.rows, { quote: shellJoin, verbose: true })).toContain('1 node')
      expect(JSON.parse(statusJson(result.rows))).toHaveLength(1)
    }
  }
}

describe('a record', () => {
  test.each(FULL)('with every field there is, of kind $plan.kind, is one', (record) => {
    expect(parseRecord(JSON.stringify(record), UID).is).toBe('record')
  })

  test('with any leaf or subtree replaced by anything is read or refused, and what is read makes no verb throw', async () => {
    await fc.assert(
      fc.asyncProperty(spoilt, fc.boolean(), async (text, lives) => {
        const { is } = parseRecord(text, UID)
        expect(['record', 'useless']).toContain(is)
        if (is === 'record') await everyVerb(text, lives && text.includes('"identity"'))
      }),
      { numRuns: 1000 },
    )
  }, 120_000)

  test.each([
    ['v', { toString: 0 }],
    ['v', [[['1']]]],
    ['plan.ready', 5],
    ['plan.kind', 7],
    ['plan.kind', 'toString'],
    ['plan.notes', 5],
    ['plan.umask', -1],
    ['plan.uid', 2 ** 32 - 1],
    ['plan.environmentNames', [{ a: 1 }, null]],
    ['plan.caution', 5],
    ['plan.env', { A: 1 }],
    ['plan.argv', ['relative']],
    ['plan.argv', ['/usr/bin/w', 'a\0b']],
    ['plan.pidfileOwner', 'nobody'],
    ['launch.logOffset', -1],
    ['launch.id', ''],
    ['launch.adopted', 'no'],
    ['launch.pgid', 2 ** 40],
    ['stop.at', 'today'],
    ['stop.signal', 'KIL'],
    ['stop.by', null],
    ['exits.0.signal', 9],
    ['logfile', 'w1.log'],
  ])('whose %s is %j is useless, and says so in plain words', (path, by) => {
    const read = parseRecord(JSON.stringify(changed(FULL[0], path.split('.'), by)), UID)
    expect(read).toMatchObject({ is: 'useless', why: expect.stringMatching(/^the record [a-z ,]+$/) })
  })

  test.each(['launch', 'more'])('nested too deep to be written again in %s is useless', (field) => {
    const text = JSON.stringify({ ...FULL[0], [field]: 'HERE' }).replace('"HERE"', deep(100_000))
    expect(parseRecord(text, UID).is).toBe('useless')
    expect(parseRecord(`{"v":${deep(100_000)}}`, UID).is).toBe('useless')
  })
})

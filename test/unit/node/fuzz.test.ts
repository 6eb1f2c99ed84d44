import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseVitals, VITALS_STATES } from '../../../src/model/vitals.ts'
import { claimPath, recordPath } from '../../../src/node/files.ts'
import { Look } from '../../../src/node/look.ts'
import { newMemory } from '../../../src/node/memory.ts'
import { observe } from '../../../src/node/observe.ts'
import { parsePidfile } from '../../../src/node/pidfile.ts'
import { formatRecord } from '../../../src/node/record.ts'
import { forksChild, World } from '../../sim/index.ts'
import { LAUNCH, RECORD, STOP, TARGET } from './fixtures.ts'

const bytes = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789 +-.eE\n\t\0x')) }),
  fc.integer().map(String),
)

describe('a pidfile', () => {
  test('holds a pid that there can be, or garbage, or is none, whatever stands in it', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const read = parsePidfile({ found: 'text', text, uid: 0, mtimeMs: 0 })
        const { pid } = read.is === 'pid' ? read : { pid: undefined }
        const possible = pid !== undefined && Number.isInteger(pid) && pid >= 1 && pid <= 4_194_304
        const none = text.length > 64 ? ['blocked'] : ['garbage', 'blocked']
        expect(possible ? /^\d+$/.test(text.trim()) : none.includes(read.is)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('vitals', () => {
  const whole = {
    v: 1,
    pid: 12,
    state: 'ready',
    active: 2,
    reserved: 3,
    done: 4,
    oldestStartedAt: 5,
    updatedAt: 6,
    exit: {},
  }

  test('with any one field replaced by anything say nothing, or what their protocol allows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(whole), 'queues', 'soft'), fc.jsonValue(), (field, value) => {
        const read = parseVitals(JSON.stringify({ ...whole, [field]: value }))
        if (!read) return
        for (const count of [read.pid, read.active, read.reserved, read.done])
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
        expect(VITALS_STATES).toContain(read.state)
        expect(read.queues?.every((queue) => typeof queue === 'string') ?? true).toBe(true)
        expect(['undefined', 'boolean']).toContain(typeof read.soft)
        expect(['undefined', 'string']).toContain(typeof read.exit?.reason)
      }),
      { numRuns: 3000 },
    )
  })
})

type Json = { [key: string]: unknown }

/** A record in which one thing, however deep, is another. */
const changed = (value: unknown, path: readonly string[], by: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return by
  return { ...(value as Json), [key]: changed((value as Json)[key] ?? {}, rest, by) }
}

const FULL = { ...RECORD, stop: STOP, launch: { ...LAUNCH, vitals: { path: '/run/v.json', uid: 0 } } }
const PATHS = [
  ...Object.keys(FULL).map((key) => [key]),
  ...Object.keys(FULL.launch).map((key) => ['launch', key]),
  ...Object.keys(LAUNCH.identity).map((key) => ['launch', 'identity', key]),
  ...Object.keys(FULL.plan ?? {}).map((key) => ['plan', key]),
  ['plan', 'stop', 'warm'],
  ['launch', 'vitals', 'path'],
  ['stop', 'launch'],
  ['stop', 'signal'],
  ['stop', 'at'],
]

describe('looking at a node', () => {
  test('whose files hold anything throws nothing, and proves no group of somebody else’s', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc
            .tuple(fc.constantFrom(...PATHS), fc.jsonValue())
            .map(([path, by]) => JSON.stringify(changed(FULL, path, by))),
          fc.nat({ max: 2000 }).map((length) => formatRecord(RECORD).slice(0, length)),
          bytes,
        ),
        fc.option(bytes),
        fc.option(fc.string({ unit: 'grapheme-ascii' })),
        async (record, pidfile, claim) => {
          const world = new World({ story: false })
          const system = world.system({ uid: 0 })
          for (let at = 0; at < 3; at++)
            world.launch([`/opt/stranger${at}`], { env: { PATH: '/bin' }, behaviour: forksChild() })
          world.files.put(recordPath(TARGET.pidfile), record)
          if (pidfile !== null) world.files.put(TARGET.pidfile, pidfile)
          if (claim) world.files.make('symlink', claimPath(TARGET.pidfile, 4), { uid: 0, gid: 0 }, claim, 0o777)
          const { state } = await world.runUntil(observe(new Look(system), TARGET, newMemory()))
          expect(state).not.toHaveProperty('group.pgid')
        },
      ),
      { numRuns: 1500 },
    )
  })
})

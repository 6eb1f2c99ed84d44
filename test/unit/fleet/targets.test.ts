import { describe, expect, test } from 'vitest'
import { fleetNodes, namedNodes, type Selection } from '../../../src/fleet/targets.ts'
import type { AbsPath, NodeName } from '../../../src/model/names.ts'
import type { NodeSpec } from '../../../src/model/spec.ts'
import { recordPath } from '../../../src/node/files.ts'
import { formatRecord, type NodeRecord } from '../../../src/node/record.ts'
import { World } from '../../sim/index.ts'
import { RECORD } from '../node/fixtures.ts'

const node = (short: string, fleet: string, more: Partial<NodeRecord> = {}): NodeRecord => ({
  ...RECORD,
  name: `${short}@sim` as NodeName,
  short,
  fleet,
  pidfile: `${fleet}/${short}.pid` as AbsPath,
  logfile: `${fleet}/${short}.log` as AbsPath,
  ...more,
})

const spec = (short: string, given: Partial<NodeSpec['given']> = {}, more: Partial<NodeSpec> = {}): NodeSpec => ({
  name: `${short}@sim` as NodeName,
  short,
  fleet: '/a',
  pidfile: `/run/default/${short}.pid` as AbsPath,
  logfile: `/log/default/${short}.log` as AbsPath,
  index: 1,
  options: [],
  passthrough: [],
  given: { pidfile: false, logfile: false, ...given },
  ...more,
})

const HERE: Selection = { fleet: '/a', named: false, all: false, hostname: 'sim' }
const RECORDED = [node('w1', '/a'), node('w2', '/a'), node('w1', '/b'), node('w3', '/b')]

describe('a line without nodes means', () => {
  const meant = (recorded: readonly NodeRecord[], selection: Selection) => {
    const found = fleetNodes(recorded, selection)
    return found.ok ? found.value.map(({ target }) => target.pidfile) : found.error.message
  }

  test('the fleet of this directory', () => {
    expect(meant(RECORDED, HERE)).toEqual(['/a/w1.pid', '/a/w2.pid'])
  })

  test('the only fleet that there is, wherever it was started', () => {
    expect(meant([node('w1', '/b')], { ...HERE, fleet: '/elsewhere' })).toEqual(['/b/w1.pid'])
  })

  test('the fleet that is named, and no other', () => {
    expect(meant(RECORDED, { ...HERE, fleet: '/b', named: true })).toEqual(['/b/w1.pid', '/b/w3.pid'])
    const typo = fleetNodes(RECORDED, { ...HERE, fleet: '/c', named: true })
    expect(typo).toMatchObject({ ok: false, error: { argument: '--fleet', hint: 'recorded are: /a, /b' } })
    // Not even when there is only one.
    expect(fleetNodes([node('w1', '/b')], { ...HERE, fleet: '/c', named: true }).ok).toBe(false)
  })

  test('all of them with --all', () => {
    expect(meant(RECORDED, { ...HERE, all: true })).toHaveLength(4)
    expect(meant([], { ...HERE, all: true })).toEqual([])
  })

  test('nothing that can be guessed, where there are several elsewhere or none at all', () => {
    const several = fleetNodes(RECORDED, { ...HERE, fleet: '/c' })
    expect(several).toMatchObject({ ok: false, error: { reason: 'usage', hint: expect.stringContaining('/a, /b') } })
    expect(fleetNodes([], HERE)).toMatchObject({ ok: false, error: { reason: 'usage' } })
  })
})

describe('a node that is named is', () => {
  async function meant(
    one: NodeSpec,
    selection = HERE,
    recorded: readonly NodeRecord[] = RECORDED,
    onDisk: readonly NodeRecord[] = recorded,
  ) {
    const world = new World()
    for (const record of onDisk) world.files.put(recordPath(record.pidfile), formatRecord(record))
    return world.runUntil(namedNodes(world.system({ uid: 0 }), [one], selection, recorded))
  }

  test('the one of this directory before a namesake elsewhere', async () => {
    expect(await meant(spec('w1'))).toMatchObject({
      ok: true,
      value: [{ target: { pidfile: '/a/w1.pid', fleet: '/a' } }],
    })
  })

  test('the only one of that name, wherever it is', async () => {
    expect(await meant(spec('w3'))).toMatchObject({ ok: true, value: [{ target: { pidfile: '/b/w3.pid' } }] })
  })

  test('of several elsewhere none: they are listed with their pidfiles', async () => {
    const found = await meant(spec('w1'), { ...HERE, fleet: '/c' })
    expect(found).toMatchObject({ ok: false, error: { reason: 'usage', argument: 'w1' } })
    const hint = found.ok ? '' : found.error.hint
    expect(hint).toContain('--pidfile=/a/w1.pid')
    expect(hint).toContain('--pidfile=/b/w1.pid')
  })

  test('the one of the fleet that is named', async () => {
    const found = await meant(spec('w1'), { ...HERE, fleet: '/b', named: true })
    expect(found).toMatchObject({ ok: true, value: [{ target: { pidfile: '/b/w1.pid' } }] })
  })

  test('at the default path, when none is recorded', async () => {
    const found = await meant(spec('w9'))
    expect(found).toMatchObject({ ok: true, value: [{ target: { pidfile: '/run/default/w9.pid' } }] })
    expect(found.ok && found.value[0]).not.toHaveProperty('record')
  })

  test('the one with the pidfile that is named, whatever the index says; its log is where it was', async () => {
    const pidfile = '/b/w1.pid' as AbsPath
    const found = await meant(spec('w1', { pidfile: true }, { pidfile }))
    expect(found).toMatchObject({ ok: true, value: [{ target: { pidfile, logfile: '/b/w1.log', fleet: '/b' } }] })
    const both = spec('w1', { pidfile: true, logfile: true }, { pidfile, logfile: '/x.log' as AbsPath })
    expect(await meant(both)).toMatchObject({ ok: true, value: [{ target: { logfile: '/x.log' } }] })
  })

  test('a namesake on another host only when its full name says so', async () => {
    const other = node('w1', '/a', { name: 'w1@far' as NodeName })
    const far = spec('w1', {}, { name: 'w1@far' as NodeName })
    expect(await meant(far, HERE, [other])).toMatchObject({ ok: true, value: [{ target: { name: 'w1@far' } }] })
    // The default host part means any node of that short name: it may have been started with another hostname.
    expect(await meant(spec('w1'), HERE, [other])).toMatchObject({ ok: true, value: [{ target: { name: 'w1@far' } }] })
    const elsewhere = spec('w1', {}, { name: 'w1@third' as NodeName })
    expect(await meant(elsewhere, HERE, [other])).toMatchObject({
      ok: true,
      value: [{ target: { pidfile: '/run/default/w1.pid' } }],
    })
  })
})

import { expect, test } from 'vitest'
import type { AbsPath } from '../../../src/model/names.ts'
import { recordPath } from '../../../src/node/files.ts'
import type { NodeRecord } from '../../../src/node/record.ts'
import { Fleet, RUN, UID } from './fleet.ts'

const ROOT = { uid: 0, gid: 0 }
const PRECIOUS = '/etc/precious'
const PIDFILE = `${RUN}/w1.pid` as AbsPath

/** A user edits the record of his own running worker, to lead root astray. */
async function forged(change: (record: NodeRecord) => unknown): Promise<Fleet> {
  const fleet = new Fleet({ worker: 'drains', nodes: ['w1'] })
  fleet.furnish()
  await fleet.done(fleet.start)
  fleet.world.files.put(PRECIOUS, 'root’s')
  const path = recordPath(PIDFILE)
  const read = fleet.world.files.read(path, ROOT, 1 << 20)
  const record = JSON.parse(read.found === 'text' ? read.text : '') as NodeRecord
  fleet.world.files.put(path, JSON.stringify(change(record)), { uid: UID, gid: UID, mode: 0o600 })
  return fleet
}

test('root that starts and stops a user’s node removes no file that the user names as its vitals', async () => {
  const fleet = await forged((record) => ({
    ...record,
    wanted: 'down',
    launch: { ...record.launch, vitals: { path: PRECIOUS, uid: 0 } },
  }))
  await fleet.done(`${fleet.start} --pidfile=${PIDFILE}`, 0)
  for (const one of fleet.processesOf('w1')) fleet.world.signal(one, 'KILL')
  await fleet.world.pass(10)
  await fleet.done(`stop w1 --pidfile=${PIDFILE}`, 0)
  expect(fleet.world.files.stat(PRECIOUS, ROOT, false)?.kind).toBe('file')
})

import type { AbsPath } from '../model/names.ts'
import type { ProcessFacts } from '../model/process.ts'
import type { Target } from '../model/spec.ts'
import type { System } from '../system/port.ts'
import { directoryOf, pidfileOfRecord } from './files.ts'
import { readRecord } from './record.ts'

/** Whether a process is already known as the worker of another node with its pidfile in the same directory. */
export async function isNeighbour(system: System, { pidfile }: Target, facts: ProcessFacts): Promise<boolean> {
  const directory = directoryOf(pidfile)
  const names = await system.list(directory)
  for (const name of names.ok ? names.value : []) {
    const other = pidfileOfRecord(name)
    const path = `${directory}/${other ?? ''}` as AbsPath
    if (other === undefined || path === pidfile) continue
    const read = await readRecord(system, path)
    const identity = read.is === 'record' ? read.record.launch?.identity : undefined
    if (identity?.pid === facts.pid && identity.startTicks === facts.startTicks) return true
  }
  return false
}

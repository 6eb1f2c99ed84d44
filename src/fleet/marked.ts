import type { Look } from '../node/look.ts'
import { findWorker, pidfileOf, type Seen } from '../node/observe.ts'
import { observeAbandoned } from '../node/observe-abandoned.ts'
import type { Run } from './run.ts'

/**
 * What a kill sees where another command holds the node: it waits for nobody, so it cannot record first what a start that died has
 * left, and finds that as `status` does. Once: what the worker leaves bears the same mark.
 */
export async function marked({ task: { target }, memory }: Run, seen: Seen, look: Look): Promise<Seen> {
  const { recordRead, claims } = seen
  if (recordRead.is !== 'record' || claims.abandoned.length === 0) return seen
  if (memory.marked) {
    const read = { ...recordRead, record: { ...recordRead.record, launch: memory.marked } }
    return { ...seen, ...(await findWorker(look, target, read, pidfileOf(look.system, target), memory)) }
  }
  const found = await observeAbandoned(look, target, memory)
  const { launch } = found
  if (launch && claims.abandoned.some((start) => start.launch === launch.id)) memory.marked = launch
  return found
}

import type { Look } from '../node/look.ts'
import type { Seen } from '../node/observe.ts'
import { ledBy, observeAbandoned, startsIn } from '../node/observe-abandoned.ts'
import type { Run } from './run.ts'

const LIVE = { live: true }

/**
 * What a kill sees where another command holds the node. It waits for nobody, so what a start has spawned and not recorded, because
 * it died or is not so far, it finds by the mark, as `status` does. Once: what the worker leaves bears the same mark.
 */
export async function marked({ task: { target }, memory }: Run, seen: Seen, look: Look): Promise<Seen> {
  if (memory.marked) return ledBy(memory.marked, seen, look, target, memory)
  const starts = startsIn(seen.claims, LIVE)
  const isRecorded = seen.launch?.adopted === false
  if (isRecorded || starts.length === 0 || seen.recordRead.is !== 'record') return seen
  const found = await observeAbandoned(look, target, memory, LIVE)
  const { launch } = found
  if (launch && starts.some((start) => start.launch === launch.id)) memory.marked = launch
  return found
}

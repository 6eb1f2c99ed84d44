import type { FleetEvent, Waiting } from '../model/events.ts'
import { duration } from './duration.ts'
import { printable } from './printable.ts'

export type WaitingEvent = Extract<FleetEvent, { event: 'waiting' }>

/** How long nothing is said again on a log or pipe, where a line that was written stays. */
const SAY_AGAIN_MS = 5000

/** What is known of one that is waited for: its jobs, by its own word, and what else there is to say. */
const detailsOf = ({ detail, jobs, oldestMs }: Waiting): string[] => [
  ...(jobs === undefined ? [] : [jobs === 1 ? '1 job' : `${jobs} jobs`]),
  ...(oldestMs === undefined ? [] : [`oldest ${duration(oldestMs)}`]),
  ...(detail === undefined ? [] : [printable(detail)]),
]

function detailed(text: string, node: Waiting): string {
  const details = detailsOf(node)
  return details.length === 0 ? text : `${text} (${details.join(', ')})`
}

/** Celery's line: `> Waiting for 2 nodes -> 4711, 4712...` */
export function waitingText({ nodes, for: goal }: WaitingEvent): string {
  const who = nodes.map((node) => detailed(String(node.pid ?? node.target.name), node))
  const what = `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}${goal === 'ready' ? ' to be ready' : ''}`
  return `> Waiting for ${what} -> ${who.join(', ')}...`
}

/** The same for a terminal, where it is redrawn: who, and for how long. */
export function liveText({ nodes, for: goal }: WaitingEvent, total: number): string {
  const count = total > nodes.length ? `${nodes.length} of ${total}` : String(nodes.length)
  const who = nodes.map((node) => {
    const facts = [node.pid === undefined ? [] : `pid ${node.pid}`, duration(node.sinceMs), detailsOf(node)].flat()
    return `${node.target.short} (${printable(facts.join(', '))})`
  })
  return `waiting for ${count} ${total === 1 ? 'node' : 'nodes'}${goal === 'ready' ? ' to be ready' : ''}: ${who.join(', ')}`
}

/**
 * Whether a wait is worth a line where lines stay: a stop at once, as in Celery; a start only when it takes long, as it
 * ends by itself; then again only when somebody else is waited for and the last line is old enough.
 */
export function waitingSayer(now: () => number): (event: WaitingEvent) => boolean {
  let said: { readonly key: string; readonly at: number } | undefined
  let since: number | undefined
  return (event) => {
    if (event.nodes.length === 0) return false
    const time = now()
    since ??= time
    const key = `${event.for} ${event.nodes.map((node) => node.target.name).join(' ')}`
    const due =
      said === undefined
        ? event.for === 'stopped' || time - since >= SAY_AGAIN_MS
        : key !== said.key && time - said.at >= SAY_AGAIN_MS
    if (due) said = { key, at: time }
    return due
  }
}

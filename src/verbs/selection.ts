import { recordedNodes } from '../fleet/catalogue.ts'
import { fleetNodes, type Meant, namedNodes, type Selection } from '../fleet/targets.ts'
import type { UsageError } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Result } from '../model/result.ts'
import { isSet } from './read-settings.ts'
import type { Context } from './verb.ts'

export const selectionOf = ({ line, fleet, system }: Context): Selection => ({
  fleet,
  named: isSet(line.settings, '--fleet'),
  all: isSet(line.settings, '--all'),
  hostname: system.self.hostname,
})

/** The nodes that a line means, named or not. Nobody asks what they run: the app may be gone. */
export async function meantNodes(context: Context): Promise<Result<Meant[], UsageError>> {
  const { system, directories, line } = context
  const allPaths = line.nodes.length > 0 && line.nodes.every(({ given }) => given.pidfile)
  const recorded = allPaths ? [] : await recordedNodes(system, directories.state, passedOver(context))
  const selection = selectionOf(context)
  return line.nodes.length === 0 ? fleetNodes(recorded, selection) : namedNodes(system, line.nodes, selection, recorded)
}

/** Who names no nodes means also those whose records were spoilt: that they are left out is said. */
export const passedOver =
  ({ line, emit }: Context) =>
  (pidfile: AbsPath, why: string): void => {
    if (line.nodes.length > 0) return
    emit({ event: 'alert', text: `the node of ${pidfile} is passed over, because ${why}: name it with --pidfile` })
  }

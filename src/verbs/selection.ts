import { recordedNodes } from '../fleet/catalogue.ts'
import { fleetNodes, type Meant, namedNodes, type PassedOver, type Selection } from '../fleet/targets.ts'
import { EXIT } from '../model/exit-code.ts'
import { type UsageError, usage } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, type Result } from '../model/result.ts'
import { isSet } from './read-settings.ts'
import type { Context } from './verb.ts'

const selectionOf = ({ line, fleet, system }: Context): Selection => ({
  fleet,
  named: isSet(line.settings, '--fleet'),
  all: isSet(line.settings, '--all'),
  hostname: system.self.hostname,
})

/** The nodes that a line means, named or not. Nobody asks what they run: the app may be gone. */
export async function meantNodes(context: Context, ownOnly = false): Promise<Result<Meant[], UsageError>> {
  const { system, directories, line, emit } = context
  const tooMuch = moreThanSaid(context)
  if (tooMuch) return err(tooMuch)
  const allPaths = line.nodes.length > 0 && line.nodes.every(({ given }) => given.pidfile)
  const spoilt: PassedOver[] = []
  const passOver = (pidfile: AbsPath, why: string): unknown => spoilt.push({ pidfile, why })
  const recorded = allPaths ? [] : await recordedNodes(system, directories.state, passOver)
  const selection = { ...selectionOf(context), ownOnly }
  if (line.nodes.length > 0) return namedNodes(system, line.nodes, selection, recorded, spoilt)
  // Who names no nodes means also those whose records were spoilt: that they are left out is said.
  for (const { pidfile, why } of spoilt) {
    const text = `the node of ${pidfile} is passed over, because ${why}: name it with --pidfile`
    emit({ event: 'alert', text, code: EXIT.denied })
  }
  return fleetNodes(recorded, selection, spoilt)
}

/** Who names a fleet or nodes does not mean all of them: one of the two is a mistake, and --all may cost more. */
function moreThanSaid({ line: { settings, nodes } }: Context): UsageError | undefined {
  if (!isSet(settings, '--all') || (nodes.length === 0 && !isSet(settings, '--fleet'))) return undefined
  const other = nodes.length === 0 ? '--fleet' : 'the names of nodes'
  const hint = `leave out --all, or ${other}`
  return usage(`--all means every node of every fleet, and ${other} some of them`, { argument: '--all', hint })
}

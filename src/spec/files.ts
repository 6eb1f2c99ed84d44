import { posix } from 'node:path'
import { type UsageError, usage } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import { expandLetters, mainLetters, type NameParts, workerLetters } from './expand.ts'
import type { Facts } from './grammar.ts'
import type { GivenOption } from './option.ts'

/** A file of a node: as the main process names it, and as it is handed to a worker that fills in `%i`, `%I` itself. */
export interface NodeFile {
  readonly path: AbsPath
  readonly handedOn: string
}

/** What resolve() would leave as it is: two of these for each node. */
const RESOLVED = /^(?:\/(?!\.{0,2}(?:\/|$))[^/]*)+$/

/** The leading `/` keeps this pure: resolve() asks for the working directory only when nothing is absolute. */
function absolute(directory: string, path: string): AbsPath {
  const joined = path.startsWith('/') ? path : `${directory}/${path}`
  return (RESOLVED.test(joined) ? joined : posix.resolve('/', joined)) as AbsPath
}

function nodeFile(
  directory: string,
  template: string,
  argument: string,
  node: NameParts,
): Result<NodeFile, UsageError> {
  const main = expandLetters(template, mainLetters(node), argument)
  if (!main.ok) return main
  const path = absolute(directory, main.value)
  if (!/%i/i.test(template)) return ok({ path, handedOn: path })
  const worker = expandLetters(template, workerLetters(node), argument)
  return worker.ok ? ok({ path, handedOn: absolute(directory, worker.value) }) : worker
}

/** The directories of the defaults are no templates: only what the user wrote is. */
export const defaultPidfile = (facts: Facts, node: NameParts): Result<NodeFile, UsageError> =>
  nodeFile(facts.runDirectory, '%n.pid', '--pidfile', node)

export const defaultLogfile = (facts: Facts, node: NameParts): Result<NodeFile, UsageError> =>
  nodeFile(facts.logDirectory, '%n%I.log', '--logfile', node)

export function givenFile(option: GivenOption, facts: Facts, node: NameParts): Result<NodeFile, UsageError> {
  const { typed, key, value = '' } = option
  if (value !== '' && !value.endsWith('/') && !value.includes('\0')) return nodeFile(facts.cwd, value, typed, node)
  const argument = typed.includes('=') ? typed : `${typed} ${value}`
  const hint = `write ${argument}${key === '--pidfile' ? '%n.pid' : '%n%I.log'}`
  return err(usage(`${argument} does not name a file`, { argument, hint }))
}

import { type UsageError, usage } from '../model/failure.ts'
import type { NodeName } from '../model/names.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { NodeSpec, Opt } from '../model/spec.ts'
import { collect } from './collect.ts'
import { expandLetters, type Letters, workerLetters } from './expand.ts'
import { defaultLogfile, defaultPidfile, givenFile, type NodeFile } from './files.ts'
import type { Facts } from './grammar.ts'
import { MANAGER, NAMING, RUNNING } from './manager.ts'
import type { Named } from './names.ts'
import type { GivenOption } from './option.ts'
import { splitWords } from './quote.ts'

const PIDFILE = MANAGER.pidfile.names[0]
const LOGFILE = MANAGER.logfile.names[0]

type Merged = readonly GivenOption[]

const last = (options: Merged, rule: { readonly names: readonly [string, ...string[]] }): GivenOption | undefined =>
  options.findLast((option) => option.key === rule.names[0])

/** The expanded value of an option that multi itself uses. */
function expanded(option: GivenOption | undefined, letters: Letters): Result<string | undefined, UsageError> {
  return option?.value === undefined ? ok(undefined) : expandLetters(option.value, letters, option.typed)
}

/** `--cmd`, `--append`: split first, so that a name with a blank in it stays one word. */
function words(option: GivenOption | undefined, letters: Letters): Result<readonly string[] | undefined, UsageError> {
  if (option?.value === undefined) return ok(undefined)
  const split = splitWords(option.value)
  if (!split.ok) {
    const hint = 'quote it as for sh; a backslash before a quote makes it plain'
    return err(usage(`${option.typed} has ${split.error}`, { argument: option.typed, hint }))
  }
  const expanded = collect(split.value.map((word) => expandLetters(word, letters, option.typed)))
  if (!expanded.ok || expanded.value[0]) return expanded
  // Without a program there is nothing to run; an empty argument may be meant.
  if (option.key !== '--cmd') return split.value.length > 0 ? expanded : ok(undefined)
  return err(usage(`${option.typed} names no program`, { argument: option.typed, hint: "write --cmd='PROGRAM ARGS'" }))
}

interface Files {
  readonly pidfile: NodeFile
  readonly logfile: NodeFile
}

function filesOf(options: Merged, facts: Facts, node: Named): Result<Files, UsageError> {
  const [pid, log] = [last(options, MANAGER.pidfile), last(options, MANAGER.logfile)]
  const pidfile = pid ? givenFile(pid, facts, node) : defaultPidfile(facts, node)
  if (!pidfile.ok) return pidfile
  const logfile = log ? givenFile(log, facts, node) : defaultLogfile(facts, node)
  return logfile.ok ? ok({ pidfile: pidfile.value, logfile: logfile.value }) : logfile
}

/** What the worker gets, in Celery's order: as typed, then the node's name, then files that were not typed. */
function workerOptions(
  options: Merged,
  node: Named,
  files: Files,
  letters: Letters,
): Result<readonly Opt[], UsageError> {
  const pidfile: Opt = { name: PIDFILE, value: files.pidfile.handedOn }
  const logfile: Opt = { name: LOGFILE, value: files.logfile.handedOn }
  const handed = options.filter(({ key }) => !NAMING.has(key) && !RUNNING.has(key))
  const typed = collect(
    handed.map((option): Result<Opt, UsageError> => {
      if (option.key === PIDFILE) return ok(pidfile)
      if (option.key === LOGFILE) return ok(logfile)
      const value = expanded(option, letters)
      if (!value.ok) return value
      return ok({ name: option.name, ...(value.value !== undefined && { value: value.value }) })
    }),
  )
  if (!typed.ok) return typed
  const defaults = [pidfile, logfile].filter((file) => typed.value.every(({ name }) => name !== file.name))
  return ok([...typed.value, { name: '-n', value: node.name }, ...defaults])
}

type Running = Pick<NodeSpec, 'cmd' | 'append' | 'executable' | 'kind'>

/** How to run it: what multi uses itself and the worker never sees. */
function runningOf(options: Merged, letters: Letters): Result<Running, UsageError> {
  const cmd = words(last(options, MANAGER.cmd), letters)
  if (!cmd.ok) return cmd
  const append = words(last(options, MANAGER.append), letters)
  if (!append.ok) return append
  const executable = expanded(last(options, MANAGER.executable), letters)
  if (!executable.ok) return executable
  const kind = last(options, MANAGER.kind)?.value
  return ok({
    ...(cmd.value && { cmd: cmd.value }),
    ...(append.value && { append: append.value }),
    ...(executable.value && { executable: executable.value }),
    ...(kind && { kind }),
  })
}

/** One node of the command line with everything that is known of it. */
export function buildNode(
  node: Named,
  index: number,
  options: Merged,
  facts: Facts,
  passthrough: readonly string[],
): Result<NodeSpec, UsageError> {
  const letters = workerLetters(node)
  const files = filesOf(options, facts, node)
  if (!files.ok) return files
  const worker = workerOptions(options, node, files.value, letters)
  if (!worker.ok) return worker
  const running = runningOf(options, letters)
  if (!running.ok) return running
  return ok({
    name: node.name as NodeName,
    short: node.short,
    fleet: facts.fleet,
    pidfile: files.value.pidfile.path,
    logfile: files.value.logfile.path,
    index,
    options: worker.value,
    passthrough,
    given: {
      pidfile: last(options, MANAGER.pidfile) !== undefined,
      logfile: last(options, MANAGER.logfile) !== undefined,
    },
    ...running.value,
  })
}

import type { Failure } from '../../model/failure.ts'
import type { AbsPath } from '../../model/names.ts'
import { ok, type Result } from '../../model/result.ts'
import type { LaunchPlan, NodeSpec, Opt } from '../../model/spec.ts'
import { behindDashes, ruleOf, without, written } from '../args.ts'
import { DETACH, DETACH_NOTE } from '../detach.ts'
import { type Frame, frameOf } from '../frame.ts'
import type { Kind, PlanContext } from '../kind.ts'
import { needsPython, startOf, underPython } from '../python.ts'
import { withBridge } from './bridge.ts'
import { type CeleryCommand, readCelery, readWrapped } from './command.ts'
import { findCelery, provenModule } from './executable.ts'
import { celeryOptions, globalOptions, RETIRED } from './options.ts'
import { quietingOf } from './quieting.ts'

/** celery/apps/worker.py, install_worker_term_handler. */
const CAUTION = {
  variable: 'REMAP_SIGTERM',
  value: 'SIGQUIT',
  text: 'TERM is a cold shutdown for it: running tasks are killed, and given back to the broker only with late acks',
} as const

type Argv = readonly [AbsPath, ...string[]]

/** `--detach`, `-D`, and `-D` among other flags (`-ED`), as Celery reads words. Behind an option with a value it is that. */
function stay(word: string): readonly string[] {
  if (DETACH.has(word)) return []
  const at = word.indexOf('D')
  if (at < 1 || !/^-[A-Za-z]+$/.test(word)) return [word]
  const areFlags = Array.from(word.slice(1, at)).every(
    (letter) => ruleOf(celeryOptions, `-${letter}`)?.arity === 'flag',
  )
  return areFlags ? stay(word.slice(0, at) + word.slice(at + 1)) : [word]
}

const stayHere = (words: readonly string[]): readonly string[] => words.flatMap(stay)

const respelled = (option: Opt): Opt => {
  const name = RETIRED.has(option.name) ? ruleOf(celeryOptions, option.name)?.names[0] : undefined
  return name === undefined ? option : { ...option, name }
}

/** Without `--cmd`: an empty command, whose program is looked for. `--kind celery` may give any program as `--cmd`. */
const commandOf = (cmd: readonly string[] | undefined): CeleryCommand =>
  cmd === undefined ? { head: [], tail: [] } : (readCelery(cmd) ?? readWrapped(cmd) ?? { head: cmd, tail: [] })

async function startOfCelery(spec: NodeSpec, head: readonly string[], cwd: AbsPath, context: PlanContext) {
  if (head.length === 0) return findCelery(spec.executable, cwd, context)
  // A bare `celery` may also be only a module, or the one beside --executable.
  if (head.length === 1 && head[0] === 'celery') return findCelery(spec.executable, cwd, context)
  if (!needsPython(head)) return startOf(head, spec.executable, cwd, context)
  const start = await underPython(head, spec.executable, cwd, context)
  const isModule = head.at(-2) === '-m' && head.at(-1) === 'celery'
  return start.ok && isModule ? provenModule(start.value, cwd, context) : start
}

/** Options that Celery gets, as multi wants them: absolute paths, today's names, nothing that multi does itself. */
function handedOn(spec: NodeSpec, { common, account }: Frame): readonly Opt[] {
  const ours = account === undefined ? ['--umask', '--uid', '--gid'] : ['--umask']
  return without(spec.options, ...DETACH, ...ours)
    .map(respelled)
    .map((option) => (option.name === '--workdir' ? { ...option, value: common.cwd } : option))
}

function argvOf(spec: NodeSpec, frame: Frame, start: Argv, { tail, subcommand }: CeleryCommand): Argv {
  const options = handedOn(spec, frame)
  const isGlobal = (option: Opt) => ruleOf(globalOptions, option.name) !== undefined
  return [
    ...start,
    ...options.filter(isGlobal).flatMap(written),
    ...stayHere(tail),
    ...(subcommand === undefined ? ['worker'] : []),
    ...options.filter((option) => !isGlobal(option)).flatMap(written),
    ...behindDashes(stayHere(spec.passthrough)),
    ...stayHere(spec.append ?? []),
  ]
}

function notesOf(spec: NodeSpec, cmd: readonly string[] | undefined): readonly string[] {
  const words = [...(cmd ?? []), ...spec.options.map(({ name }) => name), ...spec.passthrough, ...(spec.append ?? [])]
  const notes = words.some((word) => stay(word)[0] !== word) ? [DETACH_NOTE] : []
  const namesProgram = cmd !== undefined && cmd[0] !== 'celery' && !needsPython(cmd)
  if (spec.executable === undefined || !namesProgram) return notes
  return [...notes, `--executable ${spec.executable} is not used: --cmd names the program`]
}

async function plan(spec: NodeSpec, context: PlanContext, why: string): Promise<Result<LaunchPlan, Failure>> {
  const frame = await frameOf(spec, context)
  if (!frame.ok) return frame
  const command = commandOf(spec.cmd)
  const start = await startOfCelery(spec, command.head, frame.value.common.cwd, context)
  if (!start.ok) return start
  const notes = notesOf(spec, spec.cmd)
  const argv = argvOf(spec, frame.value, start.value, command)
  const silent: LaunchPlan = {
    ...frame.value.common,
    kind: 'celery',
    argv,
    pidfileOwner: 'worker',
    ready: 'pidfile+alive',
    // Celery's own meanings: TERM is the warm shutdown, QUIT the cold one, soft where worker_soft_shutdown_timeout says so.
    stop: { warm: 'TERM', soft: 'QUIT', softWhen: 'said', cold: 'KILL' },
    caution: CAUTION,
    why,
    ...(notes.length === 0 ? {} : { notes }),
  }
  // A program that does not look like Celery may not know its options either.
  if (spec.cmd !== undefined && readCelery(spec.cmd) === undefined) return ok(silent)
  const quiet = quietingOf(silent, argv.slice(start.value.length))
  return ok(await withBridge({ ...silent, quiet }, start.value, frame.value.account, context))
}

export const celery: Kind = { name: 'celery', options: celeryOptions, plan }

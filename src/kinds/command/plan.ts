import type { Failure } from '../../model/failure.ts'
import { usage } from '../../model/failure.ts'
import type { AbsPath } from '../../model/names.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { LaunchPlan, NodeSpec } from '../../model/spec.ts'
import { asMainProcess, behindDashes, OF_THE_NODE, without, written } from '../args.ts'
import { asAccount } from '../as-account.ts'
import { frameOf, homeOf } from '../frame.ts'
import type { Kind, PlanContext } from '../kind.ts'
import { needsPython, startOf } from '../python.ts'
import { commandOptions } from './options.ts'

type Argv = readonly [AbsPath, ...string[]]

const OURS = [...OF_THE_NODE, ...commandOptions.flatMap(({ names }) => names)]

const notesOf = ({ executable }: NodeSpec, cmd: readonly string[]): readonly string[] =>
  executable === undefined || needsPython(cmd)
    ? []
    : [`--executable ${executable} is not used: --cmd names the program`]

async function plan(spec: NodeSpec, context: PlanContext, why: string): Promise<Result<LaunchPlan, Failure>> {
  const cmd = spec.cmd?.map(asMainProcess)
  if (cmd?.[0] === undefined) return err(usage('A command needs --cmd', { hint: "--cmd='PROGRAM ARGS'" }))
  const frame = await frameOf(spec, context)
  if (!frame.ok) return frame
  const { common, account } = frame.value
  const start = await startOf(cmd, spec.executable, common.cwd, context)
  if (!start.ok) return start
  const options = without(spec.options, ...OURS)
    .flatMap(written)
    .map(asMainProcess)
  const full: Argv = [
    ...start.value,
    ...options,
    ...behindDashes(spec.passthrough),
    ...(spec.append ?? []).map(asMainProcess),
  ]
  const argv = await asAccount(full, account, common.cwd, context)
  if (!argv.ok) return argv
  const notes = notesOf(spec, cmd)
  return ok({
    ...common,
    env: { ...common.env, ...(account === undefined ? {} : homeOf(account)) },
    kind: 'command',
    argv: argv.value,
    pidfileOwner: 'manager',
    ready: 'alive',
    stop: { warm: 'TERM', cold: 'KILL' },
    why,
    ...(notes.length === 0 ? {} : { notes }),
  })
}

export const command: Kind = { name: 'command', options: commandOptions, plan }

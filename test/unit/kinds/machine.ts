import { grammarFor, type PlanContext, planNode } from '../../../src/kinds/index.ts'
import type { Failure } from '../../../src/model/failure.ts'
import type { AbsPath } from '../../../src/model/names.ts'
import type { LaunchPlan } from '../../../src/model/spec.ts'
import { parseLine } from '../../../src/spec/index.ts'
import type { FileFacts, RunResult, System } from '../../../src/system/port.ts'

export interface Machine {
  /** Plain files and their texts. */
  readonly files?: Readonly<Record<string, string>>
  readonly directories?: readonly string[]
  /** Files that may be executed. */
  readonly programs?: readonly string[]
  /** Answers to programs that are run: what is printed, or undefined for exit 1. By the whole command line. */
  readonly answers?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly env?: Readonly<Record<string, string>>
  /** What may not be touched. */
  readonly denied?: readonly string[]
}

/** Ours. */
export const PID = 7
export const BRIDGE = '/opt/bridge'

const facts = (kind: FileFacts['kind']): FileFacts => ({ kind, uid: 0, gid: 0, mode: 0o755, size: 1, mtimeMs: 0 })

type RunOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> }

/** Only what kinds/ asks of a System. */
function machineOf(machine: Machine) {
  const { files = {}, programs = [], answers = {}, uid = 0, denied = [] } = machine
  const all = [...Object.keys(files), ...programs, ...denied]
  const parents = all.flatMap((path) => path.split('/').map((_, at, parts) => parts.slice(0, at).join('/') || '/'))
  const directories = new Set(['/srv', ...(machine.directories ?? []), ...parents])
  const ran: { argv: string; cwd: string | undefined; env?: Readonly<Record<string, string>> }[] = []
  const system = {
    self: { uid, gid: uid, hostname: 'vm', identity: { pid: PID } },
    statTarget: async (path: string) => {
      if (directories.has(path)) return facts('directory')
      return all.includes(path) ? facts('file') : undefined
    },
    access: async (path: string) => (directories.has(path) || programs.includes(path)) && !denied.includes(path),
    readFile: async (path: string) =>
      files[path] === undefined ? { found: 'nothing' } : { found: 'text', text: files[path], uid: 0, mtimeMs: 0 },
    run: async (argv: readonly string[], { cwd, env }: RunOptions): Promise<RunResult> => {
      ran.push({ argv: argv.join(' '), cwd, ...(env ? { env } : {}) })
      const stdout = answers[argv.join(' ')]
      return { code: stdout === undefined ? 1 : 0, stdout: stdout ?? '', stderr: '' }
    },
  }
  return { system: system as unknown as System, ran }
}

/** What kinds/ may look at on a machine, and the programs that they have run there. */
export function contextOf(machine: Machine) {
  const { system, ran } = machineOf(machine)
  const context: PlanContext = {
    system,
    env: { PATH: '/usr/bin', ...machine.env },
    cwd: '/srv' as AbsPath,
    node: '/opt/node' as AbsPath,
    multi: '/opt/multi.js' as AbsPath,
    bridge: BRIDGE as AbsPath,
  }
  return { context, ran }
}

/** A command line behind `start`, as it goes through the layers, on a machine. */
export async function planAll(line: readonly string[], machine: Machine = {}) {
  const { context, ran } = contextOf(machine)
  const facts = { hostname: 'vm', cwd: '/srv', runDirectory: '/run/multi', logDirectory: '/log', fleet: '/srv' }
  const grammar = grammarFor(line, [], machine.env?.['MULTI_CMD'])
  const parsed = parseLine(line, grammar, facts, { takesSignal: false, allowNoNodes: false })
  if (!parsed.ok) throw new Error(parsed.error.message)
  const plans = await Promise.all(parsed.value.nodes.map((node) => planNode(node, context)))
  return { plans, ran }
}

export async function planned(line: readonly string[], machine?: Machine): Promise<LaunchPlan> {
  const [plan] = (await planAll(line, machine)).plans
  if (plan?.ok) return plan.value
  throw new Error(`no plan: ${JSON.stringify(plan)}`)
}

export async function refused(line: readonly string[], machine?: Machine): Promise<Failure> {
  const [plan] = (await planAll(line, machine)).plans
  if (plan === undefined || plan.ok) throw new Error(`planned: ${JSON.stringify(plan)}`)
  return plan.error
}

export const CELERY = '/usr/bin/celery'
export const FILES = ['-n', 'w1@vm', '--pidfile=/run/multi/w1.pid', '--logfile=/log/w1%I.log'] as const

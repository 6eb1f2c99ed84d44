import { posix } from 'node:path'
import { directoryOfUser } from '../fleet/directories.ts'
import { planNode } from '../kinds/index.ts'
import type { Failure } from '../model/failure.ts'
import type { AbsPath } from '../model/names.ts'
import type { Result } from '../model/result.ts'
import type { LaunchPlan, NodeSpec } from '../model/spec.ts'
import { overwritten } from '../spec/overwrite.ts'
import type { Context } from './verb.ts'

/** A node and how it is started; its files may be elsewhere than its line alone could say. */
interface PlannedNode {
  readonly spec: NodeSpec
  readonly plan: Result<LaunchPlan, Failure>
}

export async function planOf(spec: NodeSpec, context: Context): Promise<PlannedNode> {
  const plan = await planNode(spec, context)
  const { self } = context.system
  if (!plan.ok || self.uid !== 0 || plan.value.pidfileOwner !== 'worker') return { spec, plan }
  const { uid = self.uid } = plan.value
  if (uid === self.uid) return { spec, plan }
  const moved = belowOurs(spec, context, uid)
  return moved === spec ? { spec, plan } : { spec: moved, plan: await planNode(moved, context) }
}

/**
 * A worker of another user that writes its pidfile itself, and its children their logs, needs directories that are that user's. Ours
 * are not given away: they would be ours no more, and the next command would take others and find nobody there.
 */
function belowOurs(spec: NodeSpec, { env, directories }: Context, uid: number): NodeSpec {
  const run = spec.given.pidfile ? undefined : directoryOfUser(env, directories, 'run', uid)
  const log = spec.given.logfile ? undefined : directoryOfUser(env, directories, 'log', uid)
  if (run === undefined && log === undefined) return spec
  const into = (directory: AbsPath, path: string): AbsPath => `${directory}/${posix.basename(path)}` as AbsPath
  const handedOn = spec.options.find(({ name }) => name === '--logfile')?.value ?? spec.logfile
  return overwritten(spec, {
    ...(run === undefined ? {} : { pidfile: into(run, spec.pidfile) }),
    ...(log === undefined ? {} : { logfile: into(log, spec.logfile), handedOn: into(log, handedOn) }),
  })
}

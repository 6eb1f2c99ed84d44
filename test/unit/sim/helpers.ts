import type { AbsPath } from '../../../src/model/names.ts'
import type { Identity, VerifiedGroup } from '../../../src/model/process.ts'
import type { SimSystem } from '../../sim/index.ts'

export const path = (text: string): AbsPath => text as AbsPath

/** Only node/ may prove a group; the simulator's own tests may claim what they like. */
export const group = (pgid: number, ...evidence: Identity[]): VerifiedGroup =>
  ({ pgid, evidence }) as unknown as VerifiedGroup

/** Opens a log, spawns, closes the log: what every start does. */
export async function start(system: SimSystem, program: string, env: Record<string, string> = {}): Promise<Identity> {
  const log = await system.openLog(path('/var/log/w.log'), { followSymlink: true })
  if (!log.ok) throw new Error(log.error.code)
  const spawned = await system.spawn({ argv: [path(program)], cwd: path('/'), env, log: log.value })
  await system.closeLog(log.value)
  if (!spawned.ok) throw new Error(spawned.error.code)
  return spawned.value
}

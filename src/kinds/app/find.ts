import type { Failure } from '../../model/failure.ts'
import type { AbsPath } from '../../model/names.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { System } from '../../system/port.ts'
import { absolute } from '../program.ts'
import { placesOfApp } from './reference.ts'

const isFile = async (path: AbsPath, system: System): Promise<boolean> =>
  (await system.statTarget(path))?.kind === 'file'

export async function findApp(path: string, cwd: AbsPath, system: System): Promise<Result<AbsPath, Failure>> {
  const tried = placesOfApp(path).map((place) => absolute(cwd, place))
  for (const place of tried) if (await isFile(place, system)) return ok(place)
  return err({ reason: 'not-found', what: `app module ${path}`, tried })
}

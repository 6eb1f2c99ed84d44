import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { names } from '../peer.ts'

/** Folders with a `run` each, as runit and s6 have them. Returns their paths, in the folder `services`. */
export function writeServices(directory: string, count: number): { readonly all: string; readonly each: string[] } {
  const all = join(directory, 'services')
  mkdirSync(all)
  const each = names(count).map((name) => {
    const service = join(all, name)
    mkdirSync(service)
    writeFileSync(join(service, 'run'), `#!/bin/sh\nexec sleep 3600 >>${directory}/${name}.log 2>&1\n`)
    chmodSync(join(service, 'run'), 0o755)
    return service
  })
  return { all, each }
}

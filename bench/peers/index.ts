import type { Candidate, Peer } from '../peer.ts'
import { findCelery } from './celery.ts'
import { findBareNode, findC } from './floors.ts'
import { findMulti } from './multi.ts'
import { findPm2 } from './pm2.ts'
import { findRunit } from './runit.ts'
import { findS6 } from './s6.ts'
import { findSupervisor } from './supervisor.ts'

/** In the order of the table. */
const FINDERS: Readonly<Record<string, (floor: string | undefined) => Candidate>> = {
  multi: findMulti,
  'bare Node': findBareNode,
  'C program': findC,
  'celery multi': findCelery,
  supervisord: findSupervisor,
  PM2: findPm2,
  runit: findRunit,
  s6: findS6,
}

export const peerNames: readonly string[] = Object.keys(FINDERS)

export interface Installed {
  readonly peers: readonly Peer[]
  /** A sentence for each that is not. */
  readonly missing: readonly string[]
}

/** Those of these names that this machine has. `floor` is the path of the C program. */
export function findPeers(names: readonly string[], floor: string | undefined): Installed {
  const peers: Peer[] = []
  const missing: string[] = []
  for (const name of names) {
    const found = FINDERS[name]?.(floor)
    if (found === undefined) throw new Error(`nobody is called ${name}; there are: ${peerNames.join(', ')}`)
    if ('missing' in found) missing.push(`Left out: ${name}, which needs ${found.missing}.`)
    else peers.push({ name, ...found })
  }
  return { peers, missing }
}

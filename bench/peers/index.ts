import type { Absent, Peer } from '../peer.ts'
import { findCelery } from './celery.ts'
import { findBareNode, findC } from './floors.ts'
import { findMulti } from './multi.ts'
import { findPm2 } from './pm2.ts'
import { findRunit } from './runit.ts'
import { findS6 } from './s6.ts'
import { findSupervisor } from './supervisor.ts'

/** In the order of the table. */
export const findPeers = (floor: string | undefined): (Peer | Absent)[] => [
  findMulti(),
  findBareNode(),
  findC(floor),
  findCelery(),
  findSupervisor(),
  findPm2(),
  findRunit(),
  findS6(),
]

import { readFileSync, readlinkSync } from 'node:fs'
import type { Identity } from '../model/process.ts'
import { ForeignProc } from './fault.ts'
import type { Self } from './port.ts'
import { readFacts } from './proc.ts'

/** Who we are. Read once, and the identity only if somebody asks: none of it changes while we live. */
export function readSelf(): Self {
  let identity: Identity | undefined
  return {
    get identity() {
      return (identity ??= readIdentity())
    },
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    hostname: readHostname(),
  }
}

/** As gethostname(2) says it, proc(5); loading `node:os` for it takes several times as long. */
const readHostname = (): string => readFileSync('/proc/sys/kernel/hostname', 'latin1').trim()

/** What /proc calls us: nothing, where it is not mounted, or is one of a pid namespace that does not see us. */
function numberInProc(): string | undefined {
  try {
    return readlinkSync('/proc/self')
  } catch {
    return undefined
  }
}

function readIdentity(): Identity {
  if (numberInProc() !== String(process.pid)) throw new ForeignProc()
  const own = readFacts(process.pid)
  return {
    pid: process.pid,
    startTicks: own.found === 'process' ? own.facts.startTicks : 0,
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
  }
}

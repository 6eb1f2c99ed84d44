import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Self } from './port.ts'
import { readFacts } from './proc.ts'

/** Who we are. Read once: none of it changes while we live. */
export function readSelf(): Self {
  const own = readFacts(process.pid)
  return {
    identity: {
      pid: process.pid,
      startTicks: own.found === 'process' ? own.facts.startTicks : 0,
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
      pidNamespace: readlinkSync('/proc/self/ns/pid'),
    },
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    hostname: hostname(),
  }
}

import { type Identity, isDead, type VerifiedGroup } from '../model/process.ts'
import { type Signal, signalNumber } from '../model/signals.ts'
import { codeOf, stackless } from './fault.ts'
import type { Self, Signalled } from './port.ts'
import { readFacts } from './proc.ts'

type Presence = 'here' | 'gone' | 'stranger'

function presence(self: Self, identity: Identity, pgid?: number): Presence {
  const { bootId, pidNamespace } = self.identity
  if (identity.bootId !== bootId || identity.pidNamespace !== pidNamespace) return 'stranger'
  const read = readFacts(identity.pid)
  if (read.found !== 'process') return 'gone'
  if (read.facts.startTicks !== identity.startTicks) return 'stranger'
  if (isDead(read.facts)) return 'gone'
  return pgid === undefined || read.facts.pgrp === pgid ? 'here' : 'stranger'
}

function kill(target: number, signal: Signal): Signalled {
  try {
    stackless(() => process.kill(target, signalNumber(signal)))
    return 'sent'
  } catch (error) {
    return codeOf(error) === 'EPERM' ? 'denied' : 'gone'
  }
}

/**
 * Verify, then signal, with nothing of ours in between. What remains is the time between two system calls, in which the process
 * would have to end, be reaped, and its pid be given away again: Linux hands out pids in a circle, so not before pid_max others.
 * pidfd_send_signal(2) would close even that; Node cannot call it.
 */
export function signalProcess(self: Self, identity: Identity, signal: Signal): Signalled {
  const there = presence(self, identity)
  return there === 'here' ? kill(identity.pid, signal) : there
}

/** A group id is not reused while the group has a member, so one proven live member proves the number. */
export function signalGroup(self: Self, group: VerifiedGroup, signal: Signal): Signalled {
  if (group.pgid <= 1) return 'stranger' // kill(-1) would be everyone.
  const found = group.evidence.map((member) => presence(self, member, group.pgid))
  if (found.includes('here')) return kill(-group.pgid, signal)
  return found.includes('stranger') ? 'stranger' : 'gone'
}

export function groupAnswers(pgid: number): boolean {
  if (pgid <= 1) return false
  try {
    stackless(() => process.kill(-pgid, 0))
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH' // Whatever else refuses (a security module): there is somebody.
  }
}

import type { Signal } from '../../src/model/signals.ts'
import type { Behaviour } from './behaviour.ts'
import type { SimProcess } from './process.ts'

/** Lives until a signal ends it. */
export const sleeper: Behaviour = {}

/** Says something and is gone. */
export const diesAtOnce = (code: number, output = ''): Behaviour => diesAfter(0, code, output)

export const diesAfter = (ms: number, code: number, output = ''): Behaviour => ({
  onStart: (self) => self.print(output),
  exitsAfter: ms,
  exitCode: code,
})

/** Only KILL helps. */
export const ignoresTerm: Behaviour = { onSignal: () => undefined }

/** Waiting for a disk that does not answer: not even KILL helps. */
export const unkillable: Behaviour = { unkillable: true }

/** On TERM or INT it finishes its work, which takes that long, and exits 0. Other signals have their default effect. */
export function drains(ms: number, more: Behaviour = {}): Behaviour {
  const draining = new WeakSet<SimProcess>()
  return {
    ...more,
    onSignal(signal, self) {
      if (signal !== 'TERM' && signal !== 'INT') return more.onSignal?.(signal, self) ?? 'default'
      if (draining.has(self)) return
      draining.add(self)
      self.after(ms, () => self.exit(0))
    },
  }
}

/** Starts a child that stays in its group, and outlives it if it can. */
export const forksChild = (child: Behaviour = sleeper, own: Behaviour = sleeper): Behaviour => ({
  ...own,
  forks: [child],
})

/** Gets away from its group, as daemons do: what `multi` cannot know of. */
export const forksDaemon = (child: Behaviour = sleeper, own: Behaviour = sleeper): Behaviour => ({
  ...own,
  onStart(self) {
    own.onStart?.(self)
    self.fork(child, { ownSession: true })
  },
})

/** Overwrites the memory that /proc/PID/environ shows, as setproctitle does without SPT_NOENV=1. */
export const rewritesEnviron = (own: Behaviour = sleeper, title?: string): Behaviour => ({
  ...own,
  onStart(self) {
    self.environ = new Map()
    if (title !== undefined) self.cmdline = [title]
    own.onStart?.(self)
  },
})

/** Changes to another user when it has booted, as `celery --uid` and setpriv do. */
export const becomes = (uid: number, own: Behaviour = sleeper): Behaviour => ({
  ...own,
  onExec(self) {
    self.uid = uid
    self.gid = uid
    own.onExec?.(self)
  },
})

type VitalsState = 'booting' | 'ready' | 'quiet' | 'draining' | 'gone'

/** Writes what MULTI_VITALS asks for: whole, by rename. */
export function writeVitals(self: SimProcess, state: VitalsState, more: Readonly<Record<string, unknown>> = {}): void {
  const path = self.env['MULTI_VITALS']
  if (path === undefined) return
  const { files, clock } = self.machine
  const vitals = { v: 1, pid: self.pid, state, active: 0, reserved: 0, done: 0, updatedAt: clock.wall, ...more }
  files.remove(`${path}.new`, self)
  files.make('file', `${path}.new`, self, JSON.stringify(vitals), 0o644)
  files.rename(`${path}.new`, path, self)
}

/** Tells of itself through its vitals: ready `readyMs` after it booted, draining for `drainMs` when asked to end. */
export function speaks({
  bootMs = 50,
  readyMs = 50,
  drainMs = 0,
}: {
  bootMs?: number
  readyMs?: number
  drainMs?: number
} = {}): Behaviour {
  const end = (self: SimProcess): void => {
    writeVitals(self, 'gone')
    self.exit(0)
  }
  return {
    bootMs,
    onStart(self) {
      writeVitals(self, 'booting')
      self.after(readyMs, () => writeVitals(self, 'ready'))
    },
    onSignal(signal: Signal, self) {
      if (signal !== 'TERM' && signal !== 'INT') return 'default'
      writeVitals(self, 'draining', { active: 1 })
      self.after(drainMs, () => end(self))
    },
  }
}

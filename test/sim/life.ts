import type { SimProcess } from './process.ts'

/** How a behaviour's plain wishes (a pidfile, children, an end) become things that it does. */
export function begin(self: SimProcess): void {
  const { behaviour } = self
  self.lives++
  self.booted = false
  behaviour.onExec?.(self)
  if (self.dead) return
  self.after(behaviour.bootMs ?? 0, () => {
    self.booted = true
    started(self)
  })
}

function started(self: SimProcess): void {
  const { behaviour } = self
  const pidfile = pidfileOf(self)
  if (pidfile !== undefined) self.machine.files.make('file', pidfile, self, `${self.pid}\n`, 0o644)
  for (const child of behaviour.forks ?? []) self.fork(child)
  behaviour.onStart?.(self)
  if (behaviour.exitsAfter !== undefined) self.after(behaviour.exitsAfter, () => self.exit(behaviour.exitCode ?? 0))
}

/** What it clears up when it ends by its own will. */
export function finish(self: SimProcess): void {
  const pidfile = self.booted ? pidfileOf(self) : undefined
  if (pidfile !== undefined) self.machine.files.remove(pidfile, self)
}

function pidfileOf(self: SimProcess): string | undefined {
  const { writesPidfile } = self.behaviour
  return typeof writesPidfile === 'function' ? writesPidfile(self) : writesPidfile
}

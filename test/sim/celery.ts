import type { Behaviour } from './behaviour.ts'
import type { SimProcess } from './process.ts'

export interface CeleryLike {
  /** Importing the app. */
  readonly bootMs?: number
  /** How long the running jobs take after TERM. */
  readonly drainMs?: number
  /** Pool processes, in the same group. */
  readonly pool?: number
  /** Celery's EX_CANTCREAT when its pidfile names another living process. */
  readonly takenCode?: number
}

/** Pool processes leave signals to their parent, but for KILL. */
const poolProcess: Behaviour = { onSignal: () => undefined }

function pidfileOf({ argv, env }: SimProcess): string | undefined {
  const option = argv.find((word) => word.startsWith('--pidfile='))
  return option?.slice('--pidfile='.length) ?? env['MULTI_PIDFILE']
}

/**
 * What a Celery worker does to its files: it writes its pidfile itself, late, and in two steps (created empty, then filled: celery/platforms.py,
 * Pidfile.write_pid), refuses to run if another process has it, removes it at a warm and a cold end, and begins anew on HUP.
 */
export function celeryLike({ bootMs = 300, drainMs = 0, pool = 2, takenCode = 73 }: CeleryLike = {}): Behaviour {
  return {
    bootMs,
    onStart(self) {
      if (!claimPidfile(self)) return self.exit(takenCode)
      self.print(`[celery] ready, pid ${self.pid}\n`)
      for (let i = 0; i < pool; i++) self.fork(poolProcess)
    },
    onSignal(signal, self) {
      if (signal === 'TERM' || signal === 'INT') self.after(drainMs, () => leave(self))
      else if (signal === 'QUIT') leave(self)
      else if (signal === 'HUP') self.after(drainMs, () => again(self))
      else return 'default'
    },
  }
}

function claimPidfile(self: SimProcess): boolean {
  const path = pidfileOf(self)
  if (path === undefined) return true
  const { files, table } = self.machine
  const read = files.read(path, self, 4096)
  const named = read.found === 'text' ? Number(read.text.trim()) : 0
  if (named > 0 && named !== self.pid && table.get(named) !== undefined) {
    self.print(`ERROR: Pidfile (${path}) already exists.\nSeems we're already running? (pid: ${named})\n`)
    return false
  }
  files.remove(path, self)
  if (files.make('file', path, self, '', 0o644) !== undefined) return false
  self.after(0, () => fill(self, path))
  return true
}

function fill(self: SimProcess, path: string): void {
  const inode = self.machine.files.openAppend(path, self, false, 0o644)
  if (typeof inode !== 'string' && inode.text === '') self.machine.files.append(inode, `${self.pid}\n`)
}

function clear(self: SimProcess): void {
  for (const child of self.children) if (!child.dead) child.die('TERM')
  const path = pidfileOf(self)
  if (path === undefined) return
  const read = self.machine.files.read(path, self, 4096)
  if (read.found === 'text' && Number(read.text.trim()) === self.pid) self.machine.files.remove(path, self)
}

function leave(self: SimProcess): void {
  clear(self)
  self.exit(0)
}

function again(self: SimProcess): void {
  clear(self)
  self.exec()
}

import { type Behaviour, type SimProcess, writeVitals } from '../index.ts'

/** Who has said of itself that it is ready: a start that says so of another one lies. */
const ready = new WeakSet<SimProcess>()
const draining = new WeakSet<SimProcess>()

export const markReady = (process: SimProcess): void => void ready.add(process)

export const saidReady = (process: SimProcess): boolean => ready.has(process)

const say = (self: SimProcess, state: 'ready' | 'quiet'): void => {
  // Who drains already takes no more jobs, whatever it is told.
  if (draining.has(self)) return
  ready.add(self)
  writeVitals(self, state)
}

/** Says from its first breath that it boots, later that it is ready; obeys TSTP and CONT by word and deed. */
export function talks(readyMs: number, drainMs: number, more: Behaviour = {}): Behaviour {
  return {
    ...more,
    bootMs: 5,
    onExec: (self) => writeVitals(self, 'booting'),
    onStart(self) {
      if (readyMs < Infinity) self.after(readyMs, () => say(self, 'ready'))
    },
    onSignal(signal, self) {
      if (signal === 'TSTP') return say(self, 'quiet')
      if (signal === 'CONT') return say(self, 'ready')
      if (signal !== 'TERM' && signal !== 'INT') return 'default'
      if (draining.has(self)) return
      draining.add(self)
      // Told to end before it was ready: from then on its word is another, and no lie of whoever goes by it.
      ready.add(self)
      writeVitals(self, 'draining', { active: 1 })
      self.after(drainMs, () => {
        writeVitals(self, 'gone')
        self.exit(0)
      })
    },
  }
}

/** What no manager may fall for: somebody else's pid, last words of one who lives, half a file, a time long ago. */
const LIES: readonly ((self: SimProcess) => void)[] = [
  (self) => writeVitals(self, 'booting', { pid: self.pid + 1 }),
  (self) => writeVitals(self, 'gone'),
  (self) => writeVitals(self, 'booting', { updatedAt: 5 }),
  (self) => writeVitals(self, 'booting', { v: 2 }),
]

/** Lives as it should, and its vitals say what is not so. */
export const lies = (more: Behaviour): Behaviour => ({
  ...more,
  onExec: (self) => LIES[self.pid % LIES.length]?.(self),
})

/** What the host of app workers does to its pidfile: takes over what is there, removes its own. */
export const withPidfile = (own: Behaviour): Behaviour => ({
  ...own,
  onStart(self) {
    const path = self.env['MULTI_PIDFILE'] ?? ''
    const { files } = self.machine
    files.remove(path, self)
    files.make('file', path, self, `${self.pid}\n`, 0o644)
    own.onStart?.(self)
  },
  writesPidfile: (self) => self.env['MULTI_PIDFILE'],
})

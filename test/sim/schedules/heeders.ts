import { type Behaviour, type SimProcess, writeVitals } from '../index.ts'
import { markReady } from './talkers.ts'

export interface Heeding {
  /** Between two looks for a wish. */
  readonly lookMs?: number
  /** From its look at a wish to its word that it is quiet. */
  readonly quietMs?: number
  /** How many jobs it has then, and how long they take. */
  readonly jobs?: number
  readonly jobsMs?: number
  readonly drainMs?: number
}

/** As a Celery worker with its bridge: says which wishes it heeds, looks for one, takes it away, and obeys the last. */
export function heeds({ lookMs = 25, quietMs = 60, jobs = 0, jobsMs = 0, drainMs = 40 }: Heeding = {}): Behaviour {
  const word = new WeakMap<SimProcess, 'ready' | 'quiet' | 'draining'>()
  const wished = new WeakMap<SimProcess, number>()
  const say = (self: SimProcess, state: 'ready' | 'quiet' | 'draining', active = jobs): void => {
    // From TERM on its word is another.
    if (word.get(self) === 'draining') return
    word.set(self, state)
    markReady(self)
    writeVitals(self, state, { active, heeds: ['quiet', 'resume'] })
  }
  const look = (self: SimProcess): void => {
    const { files } = self.machine
    const wish = `${self.env['MULTI_VITALS'] ?? ''}.wish`
    const text = files.readlink(wish, self)
    if (text !== 'quiet' && text !== 'resume') return
    files.remove(wish, self)
    const turn = (wished.get(self) ?? 0) + 1
    wished.set(self, turn)
    if (text === 'resume') return say(self, 'ready')
    self.after(quietMs, () => wished.get(self) === turn && say(self, 'quiet'))
    self.after(quietMs + jobsMs, () => wished.get(self) === turn && word.get(self) === 'quiet' && say(self, 'quiet', 0))
  }
  return {
    bootMs: 5,
    onExec: (self) => writeVitals(self, 'booting'),
    onStart(self) {
      say(self, 'ready')
      self.every(lookMs, () => look(self))
    },
    onSignal(signal, self) {
      if (signal !== 'TERM' && signal !== 'INT') return 'default'
      if (word.get(self) === 'draining') return
      say(self, 'draining')
      self.after(drainMs, () => {
        writeVitals(self, 'gone')
        self.exit(0)
      })
    },
  }
}

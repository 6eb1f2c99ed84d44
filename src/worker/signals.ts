import { signalNumber } from '../model/signals.ts'

/** What QUIT leaves with, as a shell would say it. */
export const COLD = 128 + signalNumber('QUIT')

/** What a host can be asked for, by a signal or, in a pool child, by its parent. */
export interface Commands {
  readonly stopping: { readonly requested: boolean; readonly softened: boolean }
  /** Whether its jobs look at the abort, so that they would give up instead of being lost. */
  takesAbort(): boolean
  warm(by: string): void
  soft(by: string): void
  /** Ends at once; running jobs are lost. */
  cold(by: string): void
  quiet(): void
  resume(): void
  reopen(): void
  dump(): void
}

type Row = { readonly does: string; readonly act: (host: Commands) => void }

/** Every signal that a host handles, from before the app is loaded until the process is gone. The others keep Node's defaults. */
export const SIGNALS = {
  TERM: {
    does: 'closes the app once and waits for its running jobs, however long; again: nothing',
    act: (host) => host.warm('TERM'),
  },
  INT: {
    does: 'the same; while it closes: aborts the signal of the jobs',
    act: (host) => (host.stopping.requested ? host.soft('INT') : host.warm('INT')),
  },
  QUIT: {
    does: 'closes and aborts, if the app takes an abort; if it does not, or again: leaves at once, jobs are lost',
    act: (host) => (host.takesAbort() && !host.stopping.softened ? host.soft('QUIT') : host.cold('QUIT')),
  },
  HUP: { does: 'opens the log file again', act: (host) => host.reopen() },
  USR1: { does: 'writes what it is doing to the log', act: (host) => host.dump() },
  TSTP: { does: 'takes no more jobs', act: (host) => host.quiet() },
  CONT: { does: 'takes jobs again', act: (host) => host.resume() },
} as const satisfies Record<string, Row>

export type HostSignal = keyof typeof SIGNALS

const ALL = Object.entries(SIGNALS) as readonly [HostSignal, Row][]

/**
 * A pool child is in the group of its parent, so that Ctrl-C and a hang-up reach both: while it has its parent, that one
 * speaks for all of them. TERM ends it as ever (systemd sends it to everyone), and a child that is alone answers for itself.
 */
export function watchSignals(host: Commands, leftToParent: () => boolean = () => false): void {
  for (const [signal, { act }] of ALL) {
    process.on(`SIG${signal}`, () => {
      if (signal === 'TERM' || !leftToParent()) act(host)
    })
  }
}

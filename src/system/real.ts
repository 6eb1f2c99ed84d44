import type { Signal } from '../model/signals.ts'
import type { Children } from './children.ts'
import { files } from './files.ts'
import { launchIds } from './launch-ids.ts'
import { lock } from './lock.ts'
import type { Self, System } from './port.ts'
import {
  readBootTime,
  readCommandLine,
  readCwd,
  readDescriptor,
  readEnviron,
  readFacts,
  readRealUid,
  writesTo,
} from './proc.ts'
import { readSelf } from './self.ts'
import { groupAnswers, signalGroup, signalProcess } from './signalling.ts'
import { snapshot } from './snapshot.ts'
import { usage } from './usage.ts'
import { Wakeable } from './wakeable.ts'

/** USER_HZ, time(7): 100 on every architecture that Node runs on; a constant of the kernel's interface, not of its timer. */
const TICKS_PER_SECOND = 100

const INTERRUPTIONS = ['INT', 'TERM', 'HUP'] as const

/** The real Linux. `waits`: end by INT, TERM and HUP in good order, saying how things stand, instead of at once. */
export function realSystem({ waits }: { readonly waits: boolean }): System {
  let known: Self | undefined
  const self = (): Self => (known ??= readSelf())
  const sleeper = new Wakeable()
  const received: Signal[] = []
  let children: Children | undefined
  const ready = async (): Promise<Children> => {
    const { Children } = await import('./children.ts')
    return (children ??= new Children(self, () => sleeper.wake()))
  }
  if (waits) {
    for (const signal of INTERRUPTIONS) {
      process.on(`SIG${signal}`, () => {
        received.push(signal)
        sleeper.wake()
      })
    }
  }
  const clock = {
    // uv_hrtime is CLOCK_MONOTONIC since boot, where performance.now() counts from the start of this process.
    now: () => Number(process.hrtime.bigint() / 1000n) / 1000,
    random: () => Math.random(),
    rest: (ms: number) => sleeper.rest(ms),
    interruptions: () => received,
  }
  return {
    ...files,
    ...clock,
    get self() {
      return self()
    },
    wall: () => Date.now(),
    bootedAt: readBootTime,
    ticksPerSecond: TICKS_PER_SECOND,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    spawn: async (request) => (await ready()).spawn(request),
    exitOf: (identity) => children?.exitOf(identity),
    process: async (pid) => readFacts(pid),
    processes: async () => snapshot(),
    realUid: async (pid) => readRealUid(pid),
    environ: async (pid) => readEnviron(pid),
    commandLine: async (pid) => readCommandLine(pid),
    workingDirectory: async (pid) => readCwd(pid),
    descriptor: async (pid, fd) => readDescriptor(pid, fd),
    writesTo: async (pid, fd, path) => writesTo(pid, fd, path),
    groupAnswers: async (pgid) => groupAnswers(pgid),
    signal: async (identity, signal) => signalProcess(self(), identity, signal),
    signalGroup: async (group, signal) => signalGroup(self(), group, signal),
    lock: (directory, waitMs) => lock(directory, waitMs, clock),
    run: async (...what) => (await import('./run.ts')).run(...what),
    usage,
    newLaunchId: launchIds(),
  }
}

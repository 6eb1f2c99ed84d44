import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AbsPath } from '../../../src/model/names.ts'
import type { Identity } from '../../../src/model/process.ts'
import { signalNumber } from '../../../src/model/signals.ts'
import type { System } from '../../../src/system/port.ts'
import { realSystem } from '../../../src/system/real.ts'
import { until } from '../../rig/until.ts'
import {
  type Behaviour,
  becomes,
  diesAtOnce,
  forksChild,
  rewritesEnviron,
  type SimSystem,
  sleeper,
  World,
} from '../../sim/index.ts'

/** A system and what a scenario needs around it, real or simulated. */
export interface Ground {
  readonly system: System
  /** An empty directory of our own. */
  readonly at: (name: string) => AbsPath
  readonly program: (name: ProgramName) => AbsPath
  readonly until: (condition: () => Promise<boolean>, what: string) => Promise<void>
  /** Sets a file's time ten seconds back. */
  readonly age: (path: AbsPath) => void
  /** What a process of another user is to us, and we to it. */
  readonly asStranger: <T>(ask: (system: System) => Promise<T>) => Promise<T>
}

const SLEEP = '/usr/bin/sleep' as AbsPath
/** On every Linux: nobody, and daemon, who is a stranger to nobody and to root. */
const NOBODY = 65534
const STRANGER = 1

/** The same programs twice: as shell scripts, and as behaviours. */
const PROGRAMS = {
  exits3: { script: 'echo hello\nexit 3', behaviour: diesAtOnce(3, 'hello\n') },
  forks: {
    script: 'sleep 1000 &\necho forked\nwait',
    behaviour: forksChild(sleeper, { onStart: (self) => self.print('forked\n') }),
  },
  leavesZombie: {
    script: '(exit 0) &\nexec sleep 1000',
    behaviour: { reaps: false, forks: [{ exitsAfter: 1 }] },
  },
  ignoresTerm: {
    script: "trap '' TERM\necho ready\nwhile :; do sleep 0.05; done",
    behaviour: {
      onStart: (self) => self.print('ready\n'),
      onSignal: (signal) => (signal === 'TERM' ? undefined : 'default'),
    },
  },
  makesFiles: {
    script: 'echo text >"$MADE"\nmkdir "$MADE.d"\necho made\nexec sleep 1000',
    behaviour: {
      onStart: (self) => {
        const made = self.env['MADE'] ?? ''
        self.machine.files.make('file', made, self, 'text\n', 0o666)
        self.machine.files.make('directory', `${made}.d`, self, '', 0o777 & ~self.umask)
        self.print('made\n')
      },
    },
  },
  rewritesEnviron: {
    script: `exec perl -e '$| = 1; $0 = "title"; print "renamed\\n"; sleep 1000'`,
    behaviour: rewritesEnviron({ onStart: (self) => self.print('renamed\n') }, 'title'),
  },
  forksSession: {
    script: 'setsid sleep 1000 &\necho forked\nwait',
    behaviour: {
      onStart: (self) => {
        self.fork(sleeper, { ownSession: true })
        self.print('forked\n')
      },
    },
  },
  becomesNobody: {
    script: `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups sleep 1000`,
    behaviour: becomes(NOBODY),
  },
} satisfies Record<string, { script: string; behaviour: Behaviour }>

export type ProgramName = keyof typeof PROGRAMS | 'sleep'

/** Keeps book of what it starts, so that nothing is left whatever a scenario does. */
function remembering(system: System, started: Identity[]): System {
  return new Proxy(system, {
    get(target, key) {
      if (key !== 'spawn') return Reflect.get(target, key) as unknown
      return async (...request: Parameters<System['spawn']>) => {
        const spawned = await target.spawn(...request)
        if (spawned.ok) started.push(spawned.value)
        return spawned
      }
    },
  })
}

/** With root's right to signal anybody goes what root may read. */
async function asStranger<T>(ask: () => Promise<T>): Promise<T> {
  process.seteuid?.(STRANGER)
  try {
    return await ask()
  } finally {
    process.seteuid?.(0)
  }
}

export async function onReal<T>(scenario: (ground: Ground) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'multi-conformance-'))
  chmodSync(directory, 0o755)
  for (const [name, { script }] of Object.entries(PROGRAMS))
    writeFileSync(join(directory, `${name}.program`), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const started: Identity[] = []
  const system = remembering(realSystem({ waits: false }), started)
  try {
    return await scenario({
      system,
      at: (name) => join(directory, name) as AbsPath,
      program: (name) => (name === 'sleep' ? SLEEP : (join(directory, `${name}.program`) as AbsPath)),
      until: async (condition, what) => void (await until(condition, what)),
      age: (path) => utimesSync(path, Date.now() / 1000 - 10, Date.now() / 1000 - 10),
      asStranger: (ask) => asStranger(() => ask(system)),
    })
  } finally {
    for (const { pid } of started) killGroup(pid)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Spawned in sessions of their own: the number is theirs as long as anybody is in it, and ours to kill. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, signalNumber('KILL'))
  } catch {
    // Nobody is left.
  }
}

export async function onSimulated<T>(scenario: (ground: Ground) => Promise<T>): Promise<T> {
  const uid = process.getuid?.() ?? 0
  const world = new World()
  const directory = '/tmp/conformance'
  world.files.directory(directory, { uid, gid: uid, mode: 0o755 })
  world.program(SLEEP, sleeper)
  for (const [name, { behaviour }] of Object.entries(PROGRAMS)) {
    world.program(`${directory}/${name}.program`, behaviour)
  }
  const system = driven(world, world.system({ uid }))
  const stranger = driven(world, world.system({ uid: STRANGER }))
  return scenario({
    system,
    at: (name) => (name === '' ? directory : `${directory}/${name}`) as AbsPath,
    program: (name) => (name === 'sleep' ? SLEEP : (`${directory}/${name}.program` as AbsPath)),
    until: async (condition, what) => {
      for (let at = 0; at < 1000; at++) {
        if (await condition()) return
        await world.pass(5)
      }
      throw new Error(`waited in vain: ${what}`)
    },
    age: (path) => {
      const inode = world.files.tree.find(path, { uid: 0, gid: 0 }, false)
      if (typeof inode !== 'string') inode.mtimeMs -= 10_000
    },
    asStranger: (ask) => ask(stranger),
  })
}

/** Nothing happens in a world that is not run: each call runs it until it is answered. */
function driven(world: World, system: SimSystem): System {
  return new Proxy<System>(system, {
    get(target, key) {
      const found = Reflect.get(target, key, target) as unknown
      if (typeof found !== 'function') return found
      if (key === 'lock') return lockOf(world, target)
      return (...args: unknown[]): unknown => {
        const answer = (found as (...args: unknown[]) => unknown).apply(target, args)
        return answer instanceof Promise ? world.runUntil(answer) : answer
      }
    },
  })
}

const lockOf =
  (world: World, system: System): System['lock'] =>
  async (...args) => {
    const locked = await world.runUntil(system.lock(...args))
    const lock = locked.ok ? locked.value : undefined
    return lock ? { ok: true, value: { release: () => world.runUntil(lock.release()) } } : locked
  }

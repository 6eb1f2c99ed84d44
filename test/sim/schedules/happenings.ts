import { drains, type SimProcess, sleeper } from '../index.ts'
import type { Begun } from './commands.ts'
import { type Fleet, RUN, UID } from './fleet.ts'
import type { Happening, Reboot } from './schedule.ts'

const HOUR_MS = 3_600_000
const ENV = { PATH: '/usr/bin' }

export function happen(fleet: Fleet, { what, at }: Happening, begun: readonly Begun[]): void {
  const { world, nodes, leadersOf } = fleet
  const [node = ''] = nodes
  const [leader] = leadersOf(node)
  const pidfile = `${RUN}/${node}.pid`
  switch (what) {
    case 'Ctrl-C':
      for (const { command } of begun) world.interrupt(command.system)
      return
    case 'clock set':
      return world.clock.jump(at % 2 === 0 ? HOUR_MS : -HOUR_MS)
    case 'pidfile removed':
      return void world.files.remove(pidfile, { uid: 0, gid: 0 })
    case 'pidfile emptied':
      return void world.files.put(pidfile, '', { uid: UID, gid: UID })
    case 'pidfile names a stranger': {
      const stranger = world.launch(['/opt/other'], { uid: UID, env: ENV, behaviour: sleeper })
      return void world.files.put(pidfile, `${stranger.pid}\n`, { uid: UID, gid: UID })
    }
    case 'worker killed':
    case 'worker suspended':
    case 'worker resumed':
      if (leader) world.signal(leader, SIGNALS[what])
  }
}

const SIGNALS = { 'worker killed': 'KILL', 'worker suspended': 'STOP', 'worker resumed': 'CONT' } as const

/** Nobody stays suspended for ever. */
export function resumeAll({ world, nodes, processesOf }: Fleet): void {
  for (const one of nodes.flatMap(processesOf)) world.signal(one, 'CONT')
}

/** Power off and on; then the worst that can be: somebody has the old worker's very pid, started at the very same tick. */
export function reboot({ world, nodes, leadersOf }: Fleet, { torn }: Reboot): void {
  const [leader] = leadersOf(nodes[0] ?? '')
  if (torn)
    for (const directory of [RUN, `${RUN}/vitals/${UID}`]) tear(world, directory, torn === 'half' ? 2 : Infinity)
  const { micros } = world.clock
  world.reboot({ downMs: 60_000, uptimeMs: leader ? leader.startTicks * 10 : micros / 1000 })
  if (leader) world.nextPid(leader.pid)
  for (let at = 0; at < 3; at++) world.launch(['/usr/sbin/daemon'], { uid: UID, env: ENV, behaviour: sleeper })
}

/** What was written last before the power went had not reached the disk whole. */
function tear({ files, clock }: Fleet['world'], directory: string, parts: number): void {
  const root = { uid: 0, gid: 0 }
  const names = files.list(directory, root)
  for (const name of typeof names === 'string' ? [] : names) {
    const inode = files.tree.find(`${directory}/${name}`, root, false)
    if (typeof inode === 'string' || inode.kind !== 'file' || clock.wall - inode.mtimeMs > 5000) continue
    inode.text = inode.text.slice(0, Math.floor(inode.text.length / parts))
  }
}

/** Other people's processes: some lead sessions, some leave them to a child, as daemons do. */
export function comeAndGo({ world }: Fleet, everyMs: number): void {
  let number = 0
  const next = (): void => {
    number++
    const daemon = number % 3 === 0
    const behaviour = daemon
      ? { forks: [{ ...sleeper, exitsAfter: 400 }], exitsAfter: 5 }
      : { ...drains(1), exitsAfter: 20 + (number % 7) * 30 }
    try {
      world.launch([`/opt/stranger${number}`], { uid: UID, env: ENV, behaviour })
    } catch {
      // No pid is free just now.
    }
    // Not a hope of the test's: it goes on only as long as something else does.
    world.clock.after(everyMs, next)
  }
  next()
}

export const isStranger = ({ env }: SimProcess): boolean => env['MULTI_NODE'] === undefined

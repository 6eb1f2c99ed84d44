import type { AbsPath } from '../../../src/model/names.ts'
import type { Identity, VerifiedGroup } from '../../../src/model/process.ts'
import { isIntact } from '../../../src/node/group.ts'
import type { Ground, ProgramName } from './ground.ts'
import { said } from './scenarios-files.ts'

type Scenario = (ground: Ground) => Promise<unknown>

/** Only src/node may prove a group; here it is asked what the systems do with one. */
const group = (pgid: number, ...evidence: Identity[]): VerifiedGroup => ({ pgid, evidence }) as unknown as VerifiedGroup

async function start(
  ground: Ground,
  name: ProgramName,
  env: Record<string, string> = {},
  umask?: number,
): Promise<Identity> {
  const { system, at, program } = ground
  const log = await system.openLog(at('log'), { followSymlink: true })
  if (!log.ok) throw new Error(log.error.code)
  const argv = name === 'sleep' ? ([program(name), '1000'] as const) : ([program(name)] as const)
  const spawned = await system.spawn({ argv, cwd: at(''), env, log: log.value, ...(umask !== undefined && { umask }) })
  await system.closeLog(log.value)
  if (!spawned.ok) throw new Error(spawned.error.code)
  return spawned.value
}

const stateOf = async ({ system }: Ground, { pid }: Identity): Promise<string> => {
  const read = await system.process(pid)
  if (read.found !== 'process') return read.found
  return ['R', 'S', 'D'].includes(read.facts.state) ? 'lives' : read.facts.state
}

const exited = (ground: Ground, identity: Identity): Promise<void> =>
  ground.until(async () => {
    await ground.system.breathe()
    return ground.system.exitOf(identity) !== undefined
  }, 'its exit')

const logged = (ground: Ground, text: string): Promise<void> =>
  ground.until(async () => (await ground.system.readTail(ground.at('log'), 0, 4096)).includes(text), text)

const membersOf = async ({ system }: Ground, { pid }: Identity) =>
  (await system.processes()).filter(({ pgrp }) => pgrp === pid)

const identityOf = (leader: Identity, { pid, startTicks }: { pid: number; startTicks: number }): Identity => ({
  ...leader,
  pid,
  startTicks,
})

export const PROCESSES: Readonly<Record<string, Scenario>> = {
  'a worker leads a session and a group of its own, with nothing but its log': async (ground) => {
    const { system, at } = ground
    const worker = await start(ground, 'sleep', { MULTI_X: 'y' })
    await ground.until(async () => (await system.environ(worker.pid))?.get('MULTI_X') === 'y', 'its environment')
    const read = await system.process(worker.pid)
    const facts = read.found === 'process' ? read.facts : undefined
    return [
      facts?.pid === worker.pid && facts.pgrp === worker.pid && facts.session === worker.pid,
      facts?.startTicks === worker.startTicks && worker.startTicks > 0,
      facts?.ppid === system.self.identity.pid,
      worker.bootId === system.self.identity.bootId && worker.pidNamespace === system.self.identity.pidNamespace,
      await system.commandLine(worker.pid),
      (await system.workingDirectory(worker.pid)) === at(''),
      await system.descriptor(worker.pid, 0),
      (await system.descriptor(worker.pid, 1)) === at('log'),
      (await system.descriptor(worker.pid, 2)) === at('log'),
      await system.descriptor(worker.pid, 77),
      (await system.realUid(worker.pid)) === system.self.uid,
    ]
  },
  'what cannot be started: no program, no directory, nothing executable': async ({ system, at, program }) => {
    await system.createFile(at('file'), 'text', 0o644)
    const spawned = async (name: string, cwd: string) => {
      const log = await system.openLog(at('log'), { followSymlink: true })
      if (!log.ok) return log.error.code
      const answer = said(await system.spawn({ argv: [at(name)], cwd: at(cwd), env: {}, log: log.value }))
      await system.closeLog(log.value)
      return answer
    }
    return [
      await spawned('none', ''),
      await spawned('file', ''),
      await spawned(program('exits3').split('/').at(-1) ?? '', 'none'),
    ]
  },
  'how a worker ended: its code and what it logged, its signal; nobody knows of others': async (ground) => {
    const one = await start(ground, 'exits3')
    await exited(ground, one)
    const other = await start(ground, 'sleep')
    const before = ground.system.exitOf(other)
    const sent = await ground.system.signal(other, 'TERM')
    await exited(ground, other)
    return [
      one.startTicks > 0,
      ground.system.exitOf(one),
      before,
      sent,
      ground.system.exitOf(other),
      ground.system.exitOf({ ...one, startTicks: one.startTicks + 1 }),
      await ground.system.readTail(ground.at('log'), 0, 100),
      await stateOf(ground, one),
    ]
  },
  'a signal goes to that process and to nobody who has its number': async (ground) => {
    const { system } = ground
    const worker = await start(ground, 'sleep')
    const answers = [
      await system.signal({ ...worker, startTicks: worker.startTicks - 1 }, 'KILL'),
      await system.signal({ ...worker, bootId: 'another' }, 'KILL'),
      await system.signal({ ...worker, pidNamespace: 'pid:[1]' }, 'KILL'),
      await system.signalGroup(group(worker.pid, { ...worker, startTicks: worker.startTicks - 1 }), 'KILL'),
      await system.signalGroup(group(worker.pid + 1, worker), 'KILL'),
      await system.signalGroup(group(1, worker), 'KILL'),
      await stateOf(ground, worker),
      await system.signal(worker, 'KILL'),
    ]
    await exited(ground, worker)
    return [
      ...answers,
      await system.signal(worker, 'KILL'),
      await system.signalGroup(group(worker.pid, worker), 'KILL'),
    ]
  },
  'a stopped one takes TERM only when it goes on, and KILL at once': async (ground) => {
    const { system } = ground
    const [one, other] = [await start(ground, 'sleep'), await start(ground, 'sleep')]
    for (const each of [one, other]) {
      await system.signal(each, 'STOP')
      await ground.until(async () => (await stateOf(ground, each)) === 'T', 'it is stopped')
    }
    const answers = [await system.signal(one, 'TERM'), await stateOf(ground, one), await system.signal(other, 'KILL')]
    await exited(ground, other)
    answers.push(await stateOf(ground, one), await system.signal(one, 'CONT'))
    await exited(ground, one)
    return [...answers, system.exitOf(one), system.exitOf(other)]
  },
  'one that ignores TERM lives on': async (ground) => {
    const { system } = ground
    const worker = await start(ground, 'ignoresTerm')
    await logged(ground, 'ready')
    const answers: string[] = [await system.signal(worker, 'TERM'), await system.signal(worker, 'TERM')]
    await system.breathe()
    answers.push(await stateOf(ground, worker))
    answers.push(await system.signalGroup(group(worker.pid, worker), 'KILL'))
    await exited(ground, worker)
    return [...answers, system.exitOf(worker)]
  },
  'a group lives on when its leader has gone, and is signalled by what proves it': async (ground) => {
    const { system } = ground
    const leader = await start(ground, 'forks')
    await logged(ground, 'forked')
    await ground.until(async () => (await membersOf(ground, leader)).length === 2, 'both')
    const child = (await membersOf(ground, leader)).find(({ pid }) => pid !== leader.pid)
    if (!child) throw new Error('no child')
    const answers: unknown[] = [child.session === leader.pid, child.ppid === leader.pid]
    await system.signal(leader, 'KILL')
    await exited(ground, leader)
    answers.push(
      await stateOf(ground, leader),
      await system.groupAnswers(leader.pid),
      await system.signalGroup(group(leader.pid, leader), 'TERM'),
      await system.signalGroup(group(leader.pid, leader, identityOf(leader, child)), 'TERM'),
    )
    const alive = async () => (await membersOf(ground, leader)).filter(({ state }) => state !== 'Z').length
    await ground.until(async () => (await alive()) === 0, 'its end')
    return [...answers, await system.signalGroup(group(leader.pid, identityOf(leader, child)), 'TERM')]
  },
  'a worker has the umask that was asked for, and its starter keeps its own': async (ground) => {
    const { system, at } = ground
    const modes: unknown[] = []
    for (const umask of [0o077, 0o002, 0]) {
      const made = at(`made-${umask}`)
      await start(ground, 'makesFiles', { MADE: made }, umask)
      await ground.until(async () => (await system.stat(`${made}.d` as AbsPath)) !== undefined, 'what it makes')
      modes.push((await system.stat(made))?.mode, (await system.stat(`${made}.d` as AbsPath))?.mode)
    }
    await system.createFile(at('own'), '', 0o666)
    return [...modes, (await system.stat(at('own')))?.mode]
  },
  'who writes a title over its environment has nothing left in it': async (ground) => {
    const { system } = ground
    const worker = await start(ground, 'rewritesEnviron', { MULTI_LAUNCH: 'launch-1' })
    await logged(ground, 'renamed')
    const environ = await system.environ(worker.pid)
    return [
      environ?.has('PATH'),
      environ?.has('MULTI_LAUNCH'),
      environ && isIntact(environ),
      await system.commandLine(worker.pid),
    ]
  },
  'a child with a session of its own is not in the group, and outlives it': async (ground) => {
    const { system } = ground
    const leader = await start(ground, 'forksSession')
    await logged(ground, 'forked')
    const away = async () =>
      (await system.processes()).find(({ ppid, session, pid }) => ppid === leader.pid && session === pid)
    await ground.until(async () => (await away()) !== undefined, 'its session')
    const child = await away()
    if (!child) throw new Error('no child')
    const identity = identityOf(leader, child)
    const answers: unknown[] = [child.pgrp === child.pid, (await membersOf(ground, leader)).length]
    answers.push(await system.signalGroup(group(leader.pid, leader, identity), 'KILL'))
    await exited(ground, leader)
    answers.push(await system.groupAnswers(leader.pid), await stateOf(ground, identity))
    answers.push(await system.groupAnswers(child.pid), await system.signalGroup(group(child.pid, identity), 'KILL'))
    await ground.until(async () => (await stateOf(ground, identity)) !== 'lives', 'its end')
    return answers
  },
  'a zombie is in the table and its group, and is nobody any more': async (ground) => {
    const { system } = ground
    const leader = await start(ground, 'leavesZombie')
    const zombie = async () => (await membersOf(ground, leader)).find(({ state }) => state === 'Z')
    await ground.until(async () => (await zombie()) !== undefined, 'a zombie')
    const dead = await zombie()
    if (!dead) throw new Error('no zombie')
    const identity = identityOf(leader, dead)
    return [
      await system.signal(identity, 'TERM'),
      await system.signalGroup(group(leader.pid, identity), 'TERM'),
      await system.groupAnswers(leader.pid),
      await system.commandLine(dead.pid),
      await stateOf(ground, identity),
      await system.signal(leader, 'KILL'),
    ]
  },
  'nobody has that number': async (ground) => {
    const { system } = ground
    const worker = await start(ground, 'exits3')
    await exited(ground, worker)
    const { pid } = worker
    return [
      await system.process(pid),
      await system.environ(pid),
      await system.commandLine(pid),
      await system.realUid(pid),
      await system.workingDirectory(pid),
      await system.descriptor(pid, 1),
      await system.groupAnswers(pid),
      await system.groupAnswers(1),
      await system.groupAnswers(0),
      (await system.processes()).some((one) => one.pid === pid),
    ]
  },
  'a log that is moved or removed stays the worker’s': async (ground) => {
    const { system, at } = ground
    const worker = await start(ground, 'sleep')
    const where = async () => (await system.descriptor(worker.pid, 1))?.replace(at(''), '')
    await system.rename(at('log'), at('moved'))
    const moved = await where()
    await system.remove(at('moved'))
    return [moved, await where()]
  },
  'a log is the worker’s by whatever name, also when it is gone from there; what only bears its name is not': async (
    ground,
  ) => {
    const { system, at } = ground
    const worker = await start(ground, 'sleep')
    await system.symlink(at('log'), at('link'))
    await system.makeDirectory(at('folder'), 0o755)
    await system.symlink(at('folder'), at('way'))
    await system.createFile(at('other'), '', 0o644)
    const asked = async (...names: string[]) => {
      const found: boolean[] = []
      for (const name of names) found.push(await system.writesTo(worker.pid, 1, at(name)))
      return found
    }
    const answers: unknown[] = [
      await asked('log', 'link', 'other', 'none', 'folder', 'none/log', 'log/log'),
      await system.writesTo(worker.pid, 0, at('log')),
      await system.writesTo(worker.pid, 77, at('log')),
      await system.writesTo(worker.pid, 0, '/dev/null' as AbsPath),
    ]
    await system.rename(at('log'), at('folder/moved'))
    await system.createFile(at('log'), '', 0o644)
    answers.push(await asked('log', 'link', 'folder/moved', 'way/moved'))
    await system.remove(at('folder/moved'))
    answers.push(await asked('log', 'folder/moved', 'way/moved', 'other'))
    await system.createFile(at('folder/moved'), 'new', 0o644)
    answers.push(await asked('log', 'folder/moved', 'way/moved', 'other'))
    const ended = await start(ground, 'exits3')
    await exited(ground, ended)
    return [...answers, await system.writesTo(ended.pid, 1, at('log'))]
  },
  'a rest ends when a child of ours does': async (ground) => {
    const { system } = ground
    const worker = await start(ground, 'sleep')
    const since = system.now()
    await system.signal(worker, 'TERM')
    await system.rest(40_000)
    return [system.now() - since < 30_000, system.exitOf(worker)]
  },
  'another user’s process answers to its group, and may not be signalled': async (ground) => {
    const { system } = ground
    const worker = system.self.uid === 0 ? await start(ground, 'becomesNobody') : await initOf(ground)
    await ground.until(async () => (await system.realUid(worker.pid)) !== system.self.uid, 'it is another’s')
    return ground.asStranger(async (stranger) => [
      await stranger.signal(worker, 'TERM'),
      await stranger.groupAnswers(worker.pid),
      await stranger.signalGroup(group(worker.pid, worker), 'TERM'),
      (await stranger.process(worker.pid)).found,
      await stranger.environ(worker.pid),
      await stranger.descriptor(worker.pid, 1),
      await stranger.writesTo(worker.pid, 1, ground.at('log')),
    ])
  },
}

async function initOf({ system }: Ground): Promise<Identity> {
  const read = await system.process(1)
  return { ...system.self.identity, pid: 1, startTicks: read.found === 'process' ? read.facts.startTicks : 0 }
}

import type { Exit, Identity, ProcessFacts, VerifiedGroup } from '../../src/model/process.ts'
import { err, ok, type Result } from '../../src/model/result.ts'
import type { Signal } from '../../src/model/signals.ts'
import type { Attempt, Fault, ProcessRead, Signalled, SpawnRequest } from '../../src/system/port.ts'
import { FileCalls } from './file-calls.ts'
import { EXECUTE, pathOf } from './inode.ts'
import type { SimProcess } from './process.ts'

/** The process half of the port. */
export class ProcessCalls extends FileCalls {
  spawn(request: SpawnRequest): Attempt<Identity> {
    const { argv } = request
    return this.call<Result<Identity, Fault>>(
      'spawn',
      argv,
      () => {
        const born = this.#spawn(request)
        return typeof born === 'string' ? err(this.fault(born, 'spawn', argv)) : ok(born.identity)
      },
      (rule) => this.refused(rule, 'spawn', argv),
    )
  }

  #spawn({ argv, cwd, env, log }: SpawnRequest): SimProcess | string {
    const { machine, programs } = this.site
    const own = this.multi.process
    const { tree } = machine.files
    const directory = tree.find(cwd, own, true)
    if (typeof directory === 'string') return directory
    if (directory.entries === undefined) return 'ENOTDIR'
    const program = tree.find(argv[0], own, true)
    if (typeof program === 'string') return program
    if (program.kind !== 'file' || !machine.files.access(argv[0], own, EXECUTE)) return 'EACCES'
    const inode = this.multi.descriptors.get(log.fd)
    if (inode === undefined) return 'EBADF'
    const behaviour = programs.get(argv[0]) ?? {}
    const { uid, gid } = own
    return (
      machine.launch({ parent: own, argv, env: { ...own.env, ...env }, cwd, uid, gid, log: inode, behaviour }) ??
      'EAGAIN'
    )
  }

  exitOf({ pid, startTicks }: Identity): Exit | undefined {
    return this.multi.exits.get(`${pid}:${startTicks}`)
  }

  #hidden({ uid, pid }: SimProcess): boolean {
    const own = this.multi.process
    return this.site.hidepid && own.uid !== 0 && own.uid !== uid && pid !== own.pid
  }

  process(pid: number): Promise<ProcessRead> {
    return this.call<ProcessRead>(
      'process',
      [pid],
      () => {
        const there = this.site.machine.table.get(pid)
        if (there === undefined) return { found: 'nothing' }
        return this.#hidden(there) ? { found: 'unreadable' } : { found: 'process', facts: there.facts }
      },
      () => ({ found: 'unreadable' }),
    )
  }

  processes(): Promise<readonly ProcessFacts[]> {
    const look = () =>
      this.site.machine.table
        .all()
        .filter((one) => !this.#hidden(one))
        .map((one) => one.facts)
        .sort((a, b) => a.pid - b.pid)
    return this.call('processes', [], look, () => [])
  }

  /** What /proc tells everybody, or only the owner and root (ptrace access). */
  #look<T>(
    name: string,
    pid: number,
    forAll: boolean,
    see: (there: SimProcess) => T | undefined,
  ): Promise<T | undefined> {
    const look = (): T | undefined => {
      const there = this.site.machine.table.get(pid)
      const { uid } = this.multi.process
      if (there === undefined || this.#hidden(there)) return undefined
      return forAll || uid === 0 || uid === there.uid ? see(there) : undefined
    }
    return this.call(name, [pid], look, () => undefined)
  }

  realUid(pid: number): Promise<number | undefined> {
    return this.#look('realUid', pid, true, (there) => there.uid)
  }

  /** A zombie has no memory left to read it from: it is empty. */
  environ(pid: number): Promise<ReadonlyMap<string, string> | undefined> {
    return this.#look('environ', pid, false, (there) => (there.dead ? new Map() : there.environ))
  }

  commandLine(pid: number): Promise<readonly string[] | undefined> {
    return this.#look('commandLine', pid, true, (there) => (there.dead ? [] : there.cmdline))
  }

  workingDirectory(pid: number): Promise<string | undefined> {
    return this.#look('workingDirectory', pid, false, (there) => (there.dead ? undefined : there.cwd))
  }

  descriptor(pid: number, fd: number): Promise<string | undefined> {
    return this.#look('descriptor', pid, false, (there) => {
      if (there.dead) return undefined
      if (fd === 0 || (there.log === undefined && fd <= 2)) return '/dev/null'
      return fd <= 2 && there.log ? pathOf(there.log) : undefined
    })
  }

  groupAnswers(pgid: number): Promise<boolean> {
    const answers = () => pgid > 1 && this.site.machine.table.group(pgid).length > 0
    return this.call('groupAnswers', [pgid], answers, answers)
  }

  signal(identity: Identity, signal: Signal): Promise<Signalled> {
    const { signalling } = this.site
    const { process } = this.multi
    return this.call(
      'signal',
      [identity.pid, signal],
      () => signalling.process(process, identity, signal),
      () => 'denied',
    )
  }

  signalGroup(group: VerifiedGroup, signal: Signal): Promise<Signalled> {
    const { signalling } = this.site
    const { process } = this.multi
    return this.call(
      'signalGroup',
      [group.pgid, signal],
      () => signalling.group(process, group, signal),
      () => 'denied',
    )
  }
}

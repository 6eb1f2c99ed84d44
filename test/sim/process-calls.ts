import type { Exit, Identity, VerifiedGroup } from '../../src/model/process.ts'
import { err, ok, type Result } from '../../src/model/result.ts'
import type { Signal } from '../../src/model/signals.ts'
import type { Attempt, Fault, Signalled, SpawnRequest } from '../../src/system/port.ts'
import { TERMINAL } from './furniture.ts'
import { EXECUTE, type Inode, ROOT } from './inode.ts'
import { ProcCalls } from './proc-calls.ts'
import type { SimProcess } from './process.ts'

/** The part of the port that starts and signals processes. */
export class ProcessCalls extends ProcCalls {
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

  #spawn({ argv, cwd, env, log, umask = this.multi.process.umask }: SpawnRequest): SimProcess | string {
    const { machine, programs } = this.site
    const own = this.multi.process
    const { tree } = machine.files
    const directory = tree.find(cwd, own, true)
    if (typeof directory === 'string') return directory
    if (directory.entries === undefined) return 'ENOTDIR'
    const program = tree.find(argv[0], own, true)
    if (typeof program === 'string') return program
    if (program.kind !== 'file' || !machine.files.access(argv[0], own, EXECUTE)) return 'EACCES'
    const inode = log === 'terminal' ? this.#terminal() : this.multi.descriptors.get(log.fd)
    if (inode === undefined) return 'EBADF'
    const behaviour = programs.get(argv[0]) ?? {}
    const { uid, gid } = own
    const all = { ...own.env, ...env }
    return machine.launch({ parent: own, argv, env: all, cwd, uid, gid, umask, log: inode, behaviour }) ?? 'EAGAIN'
  }

  #terminal(): Inode {
    return this.site.machine.files.openAppend(TERMINAL, ROOT, true, 0o620) as Inode
  }

  exitOf({ pid, startTicks }: Identity): Exit | undefined {
    return this.multi.exits.get(`${pid}:${startTicks}`)
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

import type { AbsPath } from '../../src/model/names.ts'
import type { ProcessFacts } from '../../src/model/process.ts'
import type { ProcessRead, Usage } from '../../src/system/port.ts'
import { FileCalls } from './file-calls.ts'
import { type Actor, pathOf } from './inode.ts'
import type { SimProcess } from './process.ts'
import type { Tree } from './tree.ts'

/** Without links on the way; of what is gone from there, too. */
function whereIs(tree: Tree, path: AbsPath, actor: Actor): string | undefined {
  const place = tree.walk(path, actor, typeof tree.find(path, actor, true) !== 'string')
  return typeof place === 'string' ? undefined : `${pathOf(place.parent)}/${place.name}`
}

/** What /proc shows. */
export class ProcCalls extends FileCalls {
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
      // The memory and the files are those of the main thread.
      if (!forAll && there.state === 'Z' && !there.dead) return undefined
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
    return this.#look('commandLine', pid, true, (there) => (there.state === 'Z' ? [] : there.cmdline))
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

  async writesTo(pid: number, fd: number, path: AbsPath): Promise<boolean> {
    const { tree } = this.site.machine.files
    const writes = await this.#look('writesTo', pid, false, ({ dead, log }) => {
      if (dead || fd < 1 || fd > 2 || log?.kind !== 'file') return false
      if (log.parent !== undefined) return tree.find(path, this.multi.process, true) === log
      return `${whereIs(tree, path, this.multi.process)} (deleted)` === pathOf(log)
    })
    return writes ?? false
  }

  /** Everyone is equally busy: enough for a table that shows it. */
  usage(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
    const { table } = this.site.machine
    const live = (pid: number): boolean => table.get(pid)?.dead === false
    const look = (): ReadonlyMap<number, Usage> =>
      new Map(pids.filter(live).map((pid) => [pid, { cpu: 1, memory: 50_000_000 }]))
    return this.call<ReadonlyMap<number, Usage>>('usage', pids, look, () => new Map())
  }
}

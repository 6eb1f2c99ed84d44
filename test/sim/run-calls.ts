import type { RunResult, System } from '../../src/system/port.ts'
import { Call, never } from './calls.ts'
import { EXECUTE } from './inode.ts'
import { ProcessCalls } from './process-calls.ts'

type RunOptions = Parameters<System['run']>[1]

/** Programs that are run to their end; they are no processes of the table. */
export class RunCalls extends ProcessCalls {
  run(argv: readonly [string, ...string[]], options: RunOptions): Promise<RunResult> {
    const { multi, site } = this
    if (!multi.alive) return never()
    const { ms = 0, ...reply } = this.#reply(argv, options)
    const late = ms > options.timeoutMs
    const result: RunResult = { stdout: '', stderr: '', ...(late ? {} : reply) }
    return new Promise((resolve) => {
      const refused = (code: string): RunResult => ({ stdout: '', stderr: '', fault: code })
      const done = new Call<RunResult>(
        site,
        multi,
        'run',
        argv,
        () => (multi.turn(), result),
        (rule) => refused(rule.code ?? 'EAGAIN'),
        resolve,
      )
      site.machine.clock.after(late ? options.timeoutMs : ms, () => site.machine.runner.push(done), true)
    })
  }

  #reply(
    argv: readonly [string, ...string[]],
    { cwd, env }: RunOptions,
  ): Partial<RunResult> & { readonly ms?: number } {
    const own = this.multi.process
    const all = { ...own.env, ...env }
    const program = this.#which(argv[0], all)
    if (program === undefined) return { fault: 'ENOENT' }
    const command = this.site.commands.get(program)
    return command?.({ argv, cwd: cwd ?? own.cwd, env: all, uid: own.uid }) ?? { code: 0 }
  }

  #which(program: string, env: Readonly<Record<string, string>>): string | undefined {
    const own = this.multi.process
    const { files } = this.site.machine
    const folders = program.includes('/') ? [] : (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':')
    const paths = folders.length > 0 ? folders.map((folder) => `${folder}/${program}`) : [program]
    return paths.find((path) => files.access(path, own, EXECUTE))
  }
}

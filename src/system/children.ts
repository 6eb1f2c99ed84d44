import { type ChildProcess, spawn } from 'node:child_process'
import type { Exit, Identity } from '../model/process.ts'
import { err, ok, type Result } from '../model/result.ts'
import { parseSignal } from '../model/signals.ts'
import { codeOf, tried } from './fault.ts'
import { closeInherited } from './inherited.ts'
import { type Fault, HIDDEN, type Self, type SpawnRequest } from './port.ts'
import { readFacts } from './proc.ts'

/** Our own children: started in sessions of their own, and how they ended. */
export class Children {
  readonly #exits = new Map<string, Exit>()
  readonly #self: () => Self
  readonly #wake: () => void
  #environment: Record<string, string | undefined> | undefined

  constructor(self: () => Self, wake: () => void) {
    this.#self = self
    this.#wake = wake
  }

  exitOf({ pid, startTicks }: Identity): Exit | undefined {
    return this.#exits.get(`${pid}:${startTicks}`)
  }

  async spawn(request: SpawnRequest): Promise<Result<Identity, Fault>> {
    let child: ChildProcess
    const before = request.umask === undefined ? undefined : process.umask(request.umask)
    try {
      child = this.#fork(request)
    } catch (error) {
      return err({ code: codeOf(error), call: 'spawn', path: request.argv[0] })
    } finally {
      if (before !== undefined) process.umask(before)
    }
    if (child.pid === undefined) return err(await refusal(child, request))
    return this.#watch(child, child.pid)
  }

  #fork({ argv: [program, ...args], cwd, env, log }: SpawnRequest): ChildProcess {
    if (!this.#environment) {
      closeInherited()
      const { NODE_CHANNEL_FD: _channel, ...environment } = process.env
      this.#environment = environment
    }
    return spawn(program, args, {
      cwd,
      env: { ...this.#environment, ...env },
      detached: true, // setsid(2): its own session and group, no terminal.
      stdio: log === 'terminal' ? ['ignore', 'inherit', 'inherit'] : ['ignore', log.fd, log.fd],
    })
  }

  #watch(child: ChildProcess, pid: number): Result<Identity, Fault> {
    child.unref()
    // Not reaped before the event loop turns, so its stat is there even if it has already ended.
    const read = readFacts(pid)
    if (read.found !== 'process') return err(hidden(pid))
    const { startTicks } = read.facts
    const { bootId, pidNamespace } = this.#self().identity
    child.once('exit', (code, signal) => {
      const name = signal === null ? undefined : parseSignal(signal)
      this.#exits.set(`${pid}:${startTicks}`, {
        ...(code === null ? {} : { code }),
        ...(name === undefined ? {} : { signal: name }),
      })
      this.#wake()
    })
    return ok({ pid, startTicks, bootId, pidNamespace })
  }
}

/**
 * A child that /proc does not show could be told from nobody afterwards: neither by us nor by the next command, which would start
 * another. It has only begun, and until it is reaped its number names its group and no other: it is ended again.
 */
function hidden(pid: number): Fault {
  const ended = tried('kill', undefined, () => process.kill(-pid, 'SIGKILL'))
  return ended.ok ? { code: HIDDEN, call: 'spawn' } : ended.error
}

const refusal = (child: ChildProcess, { argv: [program] }: SpawnRequest): Promise<Fault> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: codeOf(error), call: 'spawn', path: program }))
  })

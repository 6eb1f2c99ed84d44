import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../rig/rig.ts'

export const missingRedis = (): string | undefined =>
  spawnSync('redis-server', ['--version']).status === 0
    ? undefined
    : 'redis-server is not there: apt-get install redis-server'

/** Redis on a socket of its own, for the tests of one file. It goes with the tests, however they end. */
export class Redis {
  readonly #directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', 'multi-redis-'))
  readonly #socket = join(this.#directory, 'redis')
  readonly url = `unix://${this.#socket}`
  readonly #server: ChildProcess

  constructor() {
    const listen = ['--port', '0', '--unixsocket', this.#socket, '--save', '']
    this.#server = spawn('setpriv', ['--pdeathsig=KILL', 'redis-server', ...listen], {
      cwd: this.#directory,
      stdio: 'ignore',
    })
  }

  async ready(): Promise<void> {
    await until(() => existsSync(this.#socket), 'Redis to listen')
  }

  async close(): Promise<void> {
    const ended = once(this.#server, 'exit')
    this.#server.kill('SIGTERM')
    await ended
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

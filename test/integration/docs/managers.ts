import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type Rig, until } from '../../rig/rig.ts'

/** Another manager with one worker, `w`: a shell script that may write pids into the rig's working directory. */
export interface Manager {
  readonly rig: Rig
  /** The process of its own that stays. */
  readonly pid: () => number
  readonly stop: () => ReturnType<Rig['multi']>
  /** Ends it, and fails if it does not go. */
  readonly end: () => Promise<void>
}

/** What the worker has written: its own pid into `main`, its child's into `child`. */
export async function pidIn(rig: Rig, name: string): Promise<number> {
  const path = join(rig.work, name)
  await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'), `${name} to be written`)
  return Number(readFileSync(path, 'utf8'))
}

const SCRIPT = 'w.sh'

export const writeScript = (rig: Rig, script: string): void => writeFileSync(join(rig.work, SCRIPT), script)

export class Supervisor implements Manager {
  readonly rig: Rig
  readonly #config: string
  readonly #daemon

  constructor(rig: Rig, script: string, { autostart = true, startsecs = 1 } = {}) {
    this.rig = rig
    this.#config = join(rig.work, 'supervisord.conf')
    writeScript(rig, script)
    writeFileSync(this.#config, this.#settings({ autostart, startsecs }))
    this.#daemon = rig.program(['supervisord', '-c', this.#config])
  }

  #settings({ autostart, startsecs }: { autostart: boolean; startsecs: number }): string {
    const { work } = this.rig
    return [
      '[supervisord]',
      'nodaemon=true',
      `pidfile=${work}/supervisord.pid`,
      `logfile=${work}/supervisord.log`,
      '[unix_http_server]',
      `file=${work}/s.sock`,
      '[rpcinterface:supervisor]',
      'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
      '[supervisorctl]',
      `serverurl=unix://${work}/s.sock`,
      '[program:w]',
      `command=/bin/sh ${work}/${SCRIPT}`,
      `directory=${work}`,
      `autostart=${String(autostart)}`,
      `startsecs=${startsecs}`,
      '',
    ].join('\n')
  }

  control(...line: string[]) {
    return this.rig.program(['supervisorctl', '-c', this.#config, ...line]).ended
  }

  pid = (): number => this.#daemon.pid
  stop = () => this.control('stop', 'w')
  log = (): string => readFileSync(join(this.rig.work, 'supervisord.log'), 'utf8')

  says(state: string): Promise<boolean> {
    return until(async () => (await this.control('status', 'w')).stdout.includes(state), `w to be ${state}`)
  }

  async end(): Promise<void> {
    await this.control('shutdown')
    await this.#daemon.ended
  }
}

/** Each with a PM2_HOME, and so a daemon, of its own. */
export class Pm2 implements Manager {
  readonly rig: Rig
  readonly #program: string
  readonly #home: string

  constructor(rig: Rig, program: string, script: string) {
    this.rig = rig
    this.#program = program
    this.#home = join(rig.directory, 'pm2')
    writeScript(rig, script)
  }

  #run(...line: string[]) {
    const env = { PM2_HOME: this.#home, PM2_DISABLE_VERSION_CHECK: '1' }
    return this.rig.program([this.#program, ...line], { env }).ended
  }

  start = () => this.#run('start', '/bin/sh', '--name', 'w', '--interpreter', 'none', '--', SCRIPT)
  stop = () => this.#run('stop', 'w')
  pid = (): number => Number(readFileSync(join(this.#home, 'pm2.pid'), 'utf8'))
  log = (): string => readFileSync(join(this.#home, 'pm2.log'), 'utf8')

  async end(): Promise<void> {
    const pid = this.pid()
    const { code } = await this.#run('kill')
    if (code !== 0) throw new Error(`pm2 kill ended with ${code}`)
    await until(() => !isAlive(pid), `the daemon of PM2 (${pid}) to be gone`)
  }
}

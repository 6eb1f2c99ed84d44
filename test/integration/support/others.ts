import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { processOf, type Rig, until } from '../../rig/rig.ts'

/** Another user, who need not be in passwd(5); a number of its own for each test process. */
export const OTHER = 40_000 + (process.pid % 20_000)

export const isRoot = process.getuid?.() === 0

/** A process of root's or of that user's, in a session of its own, and not of multi's. */
export async function strangerOf(rig: Rig, { uid, log }: { uid?: number; log?: string } = {}): Promise<number> {
  const to = log === undefined ? '' : ` >>${log}`
  // Without a PATH, as daemons of an init are; the token stays, so that the rig finds it.
  const command = `exec env -i MULTI_RIG=${rig.token} /usr/bin/setsid /bin/sleep 1000${to}`
  const running = rig.program(['sh', '-c', command], uid === undefined ? {} : { uid })
  const isIt = (): boolean => {
    const found = processOf(running.pid)
    return found?.session === running.pid && readFileSync(`/proc/${running.pid}/cmdline`, 'utf8').includes('sleep')
  }
  await until(isIt, 'the stranger to be there')
  return running.pid
}

/** A directory of that user's in which a node of his is, as he says. */
export class OthersNode {
  readonly directory: string
  readonly pidfile: string
  readonly #uid: number

  constructor(rig: Rig, uid: number) {
    this.#uid = uid
    this.directory = join(rig.directory, 'theirs')
    this.pidfile = join(this.directory, 'w1.pid')
    mkdirSync(this.directory)
    chmodSync(this.directory, 0o755)
    chownSync(this.directory, uid, uid)
  }

  #own(path: string): void {
    lchownSync(path, this.#uid, this.#uid)
  }

  record(fields: Record<string, unknown>): void {
    const path = join(this.directory, '.w1.pid.multi.json')
    const base = {
      v: 1,
      generation: 1,
      name: `w1@${hostname()}`,
      short: 'w1',
      fleet: this.directory,
      pidfile: this.pidfile,
      logfile: join(this.directory, 'w1.log'),
      wanted: 'up',
      exits: [],
    }
    writeFileSync(path, JSON.stringify({ ...base, ...fields }), { mode: 0o600 })
    this.#own(path)
  }

  claim(launch: string): void {
    const path = join(this.directory, '.w1.pid.multi.claim.2')
    symlinkSync(`1 start ${launch} 4194303 1 ${bootId()} ${pidNamespace()}`, path)
    this.#own(path)
  }

  writePidfile(pid: number): void {
    writeFileSync(this.pidfile, `${pid}\n`)
    this.#own(this.pidfile)
  }
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid')

/** What a record says of a start that led to that process. */
export const launchOf = (pid: number, pgid: number | null, id = 'made-up'): Record<string, unknown> => ({
  id,
  identity: { pid, startTicks: processOf(pid)?.startTicks ?? 0, bootId: bootId(), pidNamespace: pidNamespace() },
  pgid,
  startedAt: 0,
  startedMono: 0,
  startMs: 0,
  logOffset: 0,
  host: 'vm',
  adopted: false,
})

export const planOf = (directory: string, argv: readonly string[]): Record<string, unknown> => ({
  argv,
  cwd: directory,
  env: {},
  environmentNames: [],
  kind: 'command',
  pidfileOwner: 'manager',
  ready: 'alive',
  stop: { warm: 'TERM', cold: 'KILL' },
  why: '--cmd runs a program',
})

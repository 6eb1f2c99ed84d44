import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '../../rig/processes.ts'
import { until } from '../../rig/until.ts'
import { type Host, Rig } from './host.ts'

/**
 * An app that does what the test says: each child looks for a file of its own, takes it, does what is in it, and removes it.
 * It writes its pid where the test finds it, and closes when its job has ended.
 */
const SOURCE = `
import { existsSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
const dir = process.env.POOL_DIR
const kept = []
const rest = new Int32Array(new SharedArrayBuffer(4))
const block = () => { while (existsSync(dir) && !existsSync(\`\${dir}/unblock\`)) Atomics.wait(rest, 0, 0, 20) }
export default (context) => {
  const { child, jobs, log } = context
  let end
  const orders = {
    block: () => setImmediate(context.job(block)),
    begin: () => { end = jobs.start('told') },
    end: () => { end(); end = undefined },
    jobs: (n) => { for (let i = 0; i < Number(n); i += 1) jobs.start()() },
    backlog: (n) => context.backlog(Number(n)),
    hoard: () => { try { for (;;) openSync('/dev/null') } catch {} },
    grow: (mib) => kept.push(Buffer.alloc(Number(mib) << 20, 1)),
    throw: () => setImmediate(() => { throw new Error('told to throw') }),
    reject: () => void Promise.reject(new Error('told to reject')),
    exit: (code) => { unlinkSync(taken); process.exit(Number(code)) },
    say: (...words) => console.log(...words),
  }
  const file = \`\${dir}/tell-\${child}\`
  const taken = \`\${file}.taken\`
  const timer = setInterval(() => {
    try { renameSync(file, taken) } catch { return }
    for (const line of readFileSync(taken, 'utf8').split('\\n')) { const [word, ...rest] = line.split(' '); orders[word](...rest) }
    unlinkSync(taken)
  }, 5)
  const { MULTI_INDEX, MULTI_NODE_INDEX, MULTI_VITALS } = process.env
  const facts = { pid: process.pid, concurrency: context.concurrency, pool: context.pool, MULTI_INDEX, MULTI_NODE_INDEX, MULTI_VITALS }
  writeFileSync(\`\${dir}/facts-\${child}.new\`, JSON.stringify(facts))
  renameSync(\`\${dir}/facts-\${child}.new\`, \`\${dir}/facts-\${child}\`)
  if (process.env.POOL_WORKS) jobs.start()()
  process.on('SIGTERM', () => console.log('child', child, 'got TERM'))
  if (process.env.POOL_SOFT) context.signal.addEventListener('abort', () => { log.warn('aborted'); end?.(); end = undefined })
  const close = async () => {
    while (end) await new Promise((resolve) => setTimeout(resolve, 5))
    clearInterval(timer)
    log.info('closed')
  }
  return process.env.POOL_LOUD ? { close } : { close, pause() {}, resume() {} }
}`

interface ChildFacts {
  readonly pid: number
  readonly concurrency: number
  readonly pool: string
  readonly MULTI_INDEX?: string
  readonly MULTI_NODE_INDEX?: string
  readonly MULTI_VITALS?: string
}

export class PoolRig extends Rig {
  readonly #app = this.app('crew.mjs', SOURCE)

  get crew(): string {
    return this.#app
  }

  pool(options: readonly string[], env: NodeJS.ProcessEnv = {}): Host {
    return this.start(this.#app, ['-P', 'prefork', ...options], [], { POOL_DIR: this.directory, ...env })
  }

  async ready(options: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Host> {
    const host = this.pool(options, env)
    await host.says('ready pid=')
    await until(() => existsSync(this.pidfile), 'the pidfile')
    await this.state('ready')
    return host
  }

  facts(child: number): ChildFacts | undefined {
    const file = join(this.directory, `facts-${child}`)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ChildFacts) : undefined
  }

  pid(child: number): number {
    return this.facts(child)?.pid ?? 0
  }

  /** Until another process has the place, and is the app. */
  successor(child: number, before: number): Promise<number> {
    const found = () => (this.pid(child) !== before && isAlive(this.pid(child)) ? this.pid(child) : undefined)
    return until(found, `a successor of child ${child}`)
  }

  gone(pid: number): Promise<true> {
    return until(() => !isAlive(pid), `${pid} to be gone`)
  }

  /** Ends the jobs that hold the event loops of their children: those can be told nothing. */
  unblock(): void {
    writeFileSync(join(this.directory, 'unblock'), '')
  }

  /** Does it: when it resolves, the child has. */
  async tell(child: number, ...orders: readonly string[]): Promise<void> {
    const file = join(this.directory, `tell-${child}`)
    writeFileSync(`${file}.new`, orders.join('\n'))
    renameSync(`${file}.new`, file)
    await until(() => !existsSync(file) && !existsSync(`${file}.taken`), `child ${child} to do ${orders.join(', ')}`)
  }
}

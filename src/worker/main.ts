import { isAbsolute, resolve } from 'node:path'
import { EXIT } from '../model/exit-code.ts'
import { AppHost } from './app-host.ts'
import { type Ending, ending } from './ending.ts'
import type { Body, House } from './house.ts'
import { fileOf } from './load.ts'
import { keepWritingHarmless, type Log, makeLog } from './log.ts'
import { watchMistakes } from './mistakes.ts'
import { type HostOptions, readOptions } from './options.ts'
import { Output } from './output.ts'
import { checkPidfile, removePidfile, writePidfile } from './pidfile.ts'
import { runPoolChild } from './pool/child.ts'
import { mainLog } from './pool/logs.ts'
import { Pool } from './pool/pool.ts'
import { dropPrivileges } from './privileges.ts'
import { watchSignals } from './signals.ts'
import { VitalsFile } from './vitals.ts'

/** An app may have nothing that keeps Node running, or load for a while; it is a worker until it is stopped. */
const FOREVER_MS = 2 ** 30

function announce({ pidfile }: HostOptions, log: Log): boolean {
  if (pidfile !== undefined) {
    const written = writePidfile(pidfile)
    if (!written.ok) {
      log.error(written.error)
      return false
    }
    // However the process ends, also when the app itself calls process.exit().
    process.on('exit', () => removePidfile(pidfile))
  }
  log.info('ready', { pid: process.pid })
  return true
}

/** Where and as whom; undefined when all is done, else the exit code. */
function settle({ workdir, umask, uid, gid }: HostOptions, body: Body, log: Log): number | undefined {
  try {
    if (workdir !== undefined) process.chdir(workdir)
  } catch (error) {
    log.error((error as Error).message)
    return EXIT.notConfigured
  }
  if (umask !== undefined) process.umask(umask)
  body.prepare?.()
  const dropped = dropPrivileges(uid, gid)
  if (dropped.ok) return undefined
  log.error(dropped.error)
  return EXIT.denied
}

/** Ours alone: a worker that the app starts must not write over what we say of ourselves. */
function takeVitalsPath(log: Log): string | undefined {
  const path = process.env['MULTI_VITALS']
  delete process.env['MULTI_VITALS']
  if (path === undefined || isAbsolute(path)) return path
  log.warn('MULTI_VITALS is not an absolute path: no vitals are written', { path })
  return undefined
}

/** Apps find the node's index here also in a pool, where MULTI_INDEX is the child's. */
function keepNodeIndex(): void {
  const index = process.env['MULTI_INDEX']
  if (index !== undefined) process.env['MULTI_NODE_INDEX'] = index
}

/** From here on the vitals follow the worker to its end, whoever ends it. */
function beginVitals(path: string, body: Body, log: Log, reason: Ending['reason']): VitalsFile {
  const vitals = new VitalsFile(path, () => body.sample(), log)
  vitals.begin()
  process.on('exit', (code) => {
    const why = reason()
    vitals.gone({ code, ...(why !== undefined && { reason: why }) })
  })
  return vitals
}

async function live(options: HostOptions, argv: readonly string[]): Promise<number> {
  const log = makeLog(options.name, options.logLevel)
  const { left, reason, ...ends } = ending()
  let vitals: VitalsFile | undefined
  const output = new Output(mainLog(options.logfile))
  const house: House = {
    options,
    log,
    output,
    changed: () => vitals?.changed(),
    announced: () => vitals?.say(),
    ...ends,
  }
  const body = options.pool === 'prefork' ? new Pool(house, argv) : new AppHost(house)
  // Before anything of the app runs: a TERM that comes while it loads must not kill what it has begun.
  watchSignals(body)
  watchMistakes(log, ends.leave)
  setInterval(() => {}, FOREVER_MS)
  process.title = `multi: ${options.name}`
  keepNodeIndex()
  const vitalsPath = takeVitalsPath(log)
  const wrong = settle(options, body, log)
  if (wrong !== undefined) return wrong
  // The app may change its directory.
  const { pidfile } = options
  const placed = pidfile === undefined ? options : { ...options, pidfile: resolve(pidfile) }
  // Not earlier: the file is the worker's, and so must its owner be.
  if (vitalsPath !== undefined) vitals = beginVitals(vitalsPath, body, log, reason)
  const found = findFiles(placed, log, ends)
  if (typeof found === 'number') return found
  return Promise.race([left, body.run(found, () => announce(placed, log))])
}

/** The app's file, or the exit code. */
function findFiles({ app, pidfile }: HostOptions, log: Log, { because }: Pick<Ending, 'because'>): string | number {
  const refuse = (error: string, code: number) => {
    log.error(error)
    because(error)
    return code
  }
  const file = fileOf(app)
  if (file === undefined) return refuse(`there is no app ${app}`, EXIT.notInstalled)
  // Before the app takes any job; announcing looks again, exclusively.
  const free = pidfile === undefined ? undefined : checkPidfile(pidfile)
  return free?.ok === false ? refuse(free.error, EXIT.failed) : file
}

/**
 * `multi worker`: the process in which an app of JavaScript or TypeScript runs. It does not return: whatever the app
 * left open would keep Node alive, and a worker that is stopped must be gone. Its output is synchronous, so none is lost.
 */
export async function runWorker(argv: readonly string[]): Promise<number> {
  keepWritingHarmless()
  const options = readOptions(argv)
  if (!options.ok) process.stderr.write(`multi worker: ${options.error}\n`)
  const code = options.ok ? await run(options.value, argv) : EXIT.usage
  // oxlint-disable-next-line unicorn/no-process-exit
  process.exit(code)
}

const run = (options: HostOptions, argv: readonly string[]): Promise<number> =>
  options.child === undefined ? live(options, argv) : runPoolChild(options, options.child)

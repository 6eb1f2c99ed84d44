import { EXIT } from '../model/exit-code.ts'
import { live, type OnReady } from './life.ts'
import { fileOf } from './load.ts'
import { keepWritingHarmless, type Log, logFailure, makeLog } from './log.ts'
import { type HostOptions, readOptions } from './options.ts'
import { checkPidfile, removePidfile, writePidfile } from './pidfile.ts'
import { dropPrivileges } from './privileges.ts'
import { watchSignals } from './stopping.ts'

/** An app may have nothing that keeps Node running, or load for a while; it is a worker until it is stopped. */
const FOREVER_MS = 2 ** 30

/** The app's mistakes are not ours to survive: its state is unknown (Node's manual, uncaughtException). */
function watchMistakes(log: Log, leave: (code: number) => void): void {
  const fail = (what: string) => (error: unknown) => {
    logFailure(log, what, error)
    leave(EXIT.internal)
  }
  process.on('uncaughtException', fail('uncaught exception'))
  process.on('unhandledRejection', fail('unhandled rejection'))
}

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
function settle({ workdir, umask, uid, gid }: HostOptions, log: Log): number | undefined {
  try {
    if (workdir !== undefined) process.chdir(workdir)
  } catch (error) {
    log.error((error as Error).message)
    return EXIT.notConfigured
  }
  if (umask !== undefined) process.umask(umask)
  const dropped = dropPrivileges(uid, gid)
  if (dropped.ok) return undefined
  log.error(dropped.error)
  return EXIT.denied
}

async function host(options: HostOptions): Promise<number> {
  const log = makeLog(options.name, options.logLevel)
  let leave: (code: number) => void = () => {}
  const left = new Promise<number>((resolve) => {
    leave = resolve
  })
  // Before anything of the app runs: a TERM that comes while it loads must not kill what it has begun.
  const stopping = watchSignals({ log, leave })
  watchMistakes(log, leave)
  setInterval(() => {}, FOREVER_MS)
  process.title = `multi: ${options.name}`
  const wrong = settle(options, log)
  if (wrong !== undefined) return wrong
  const file = fileOf(options.app)
  if (file === undefined) {
    log.error(`there is no app ${options.app}`)
    return EXIT.notInstalled
  }
  // Before the app takes any job; announcing looks again, exclusively.
  const free = options.pidfile === undefined ? undefined : checkPidfile(options.pidfile)
  if (free?.ok === false) {
    log.error(free.error)
    return EXIT.failed
  }
  const onReady: OnReady = () => announce(options, log)
  return Promise.race([left, live(file, options, log, stopping, onReady)])
}

/**
 * `multi worker`: the process in which an app of JavaScript or TypeScript runs. It does not return: whatever the app
 * left open would keep Node alive, and a worker that is stopped must be gone. Its output is synchronous, so none is lost.
 */
export async function runWorker(argv: readonly string[]): Promise<number> {
  keepWritingHarmless()
  const options = readOptions(argv)
  if (!options.ok) process.stderr.write(`multi worker: ${options.error}\n`)
  const code = options.ok ? await host(options.value) : EXIT.usage
  // oxlint-disable-next-line unicorn/no-process-exit
  process.exit(code)
}

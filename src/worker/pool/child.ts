import { EXIT } from '../../model/exit-code.ts'
import { AppHost } from '../app-host.ts'
import { ending } from '../ending.ts'
import type { House } from '../house.ts'
import { fileOf } from '../load.ts'
import { makeLog } from '../log.ts'
import { watchMistakes } from '../mistakes.ts'
import type { HostOptions } from '../options.ts'
import { Output } from '../output.ts'
import { Pace } from '../pace.ts'
import { residentBytes } from '../resident.ts'
import { watchSignals } from '../signals.ts'
import { childLog } from './logs.ts'
import { type Order, type Report, readOrder, reportMessage } from './messages.ts'

/**
 * Often enough for the parent to recycle and to scale in time; at rest only so that it knows the memory. The channel keeps the
 * order, so a job may be told of right after the end of the one before it.
 */
const TEMPO = { pauseMs: 100, periodMs: 5000, ahead: 10 }
/** A parent that does not read must not keep us. */
const LAST_WORDS_MS = 1000

/** Resolves when the parent has it, or never will. */
function tell(report: Report): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve()
    setTimeout(resolve, LAST_WORDS_MS).unref()
    process.send(reportMessage(report), () => resolve())
  })
}

const ACT: Readonly<Record<Order, (host: AppHost) => void>> = {
  drain: (host) => host.warm('the pool'),
  soft: (host) => host.soft('the pool'),
  quiet: (host) => host.quiet(),
  resume: (host) => host.resume(),
  reopen: (host) => host.reopen(),
  dump: (host) => host.dump(),
}

function reportOf(host: AppHost, more: Partial<Report> = {}): Report {
  const { backlog } = host.jobs.counts()
  const known = backlog === undefined ? {} : { backlog }
  return { ...host.sample(), ...known, rss: residentBytes(), ...more }
}

/** It does what its parent says, and a parent that is gone says: finish, and go too. */
function obey(host: AppHost): void {
  process.on('message', (message) => {
    const order = readOrder(message)
    if (order !== undefined) ACT[order](host)
  })
  const alone = () => host.warm('the pool is gone')
  process.on('disconnect', alone)
  if (!process.connected) alone()
}

/** One child of a pool: the app, as in a process of its own, with a parent where that one has files and signals. */
export async function runPoolChild(options: HostOptions, child: number): Promise<number> {
  const log = makeLog(`${options.name}-${child}`, options.logLevel)
  const { left, reason, ...ends } = ending()
  const output = new Output(childLog(options.logfile, child))
  let pace: Pace | undefined
  const changed = () => pace?.changed()
  const house: House = { options, log, output, changed, announced: changed, ...ends }
  const host = new AppHost(house)
  pace = new Pace(() => tell(reportOf(host)), TEMPO)
  watchSignals(host, () => process.connected)
  watchMistakes(log, ends.leave)
  process.title = `multi: ${options.name} child ${child}`
  obey(host)
  pace.begin()
  const file = fileOf(options.app)
  const ready = () => {
    log.info('ready', { pid: process.pid })
    return true
  }
  const run = file === undefined ? EXIT.notInstalled : host.run(file, ready)
  const code = await Promise.race([left, run])
  pace.stop()
  const why = reason()
  await tell(reportOf(host, why === undefined ? {} : { reason: why }))
  return code
}

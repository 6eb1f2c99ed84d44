import type { Done, Outcome } from '../model/outcome.ts'
import type { Exit } from '../model/process.ts'
import { unreachable } from '../model/result.ts'
import type { Styles } from './ansi.ts'
import { duration } from './duration.ts'
import { clean } from './mask.ts'
import { tailOf, wording } from './wording.ts'

/** Log lines and notes stand below the node they belong to. */
const below = (text: string): string => `\t  ${text}`

/** How a node ended up, in Celery's words and then some. `verb` decides only the beginning of the line. */
export function outcomeLines(outcome: Outcome, verb: string, styles: Styles): string[] {
  const { name } = outcome.target
  if (outcome.result === 'already-down') return [`> ${name}: ${styles.down('DOWN')}`]
  const head = verb === 'restart' || outcome.result === 'restarted' ? `> Restarting node ${name}: ` : `\t> ${name}: `
  if (outcome.result === 'failed') {
    const line = `${head}${styles.failed('FAILED')}: ${wording(outcome.failure, outcome.target)}`
    return [line, ...tailOf(outcome.failure).map((text) => below(`| ${text}`))]
  }
  return [`${head}${doneText(outcome, outcome.ms, styles)}`, ...differences(outcome).map(below)]
}

function doneText(done: Exclude<Done, { result: 'already-down' }>, ms: number, styles: Styles): string {
  const ok = styles.ok('OK')
  switch (done.result) {
    case 'started':
    case 'restarted':
      return `${ok} (${readiness(done)})`
    case 'already-running':
      return `${ok} (already running, pid ${done.pid})`
    case 'signalled':
      return `${done.signal} -> ${done.pid}`
    case 'draining':
      return `already draining (pid ${done.pid}), not signalled again`
    case 'stopped':
      return `${ok} (${[`down in ${duration(ms)}`, ...manner(done.exit, done.killed, done.lost)].join(', ')})`
    case 'quieted':
      return `${ok} (${quieted(done)})`
    case 'resumed':
      return `${ok} (${done.said ? 'takes jobs again' : 'told to take jobs again'}, pid ${done.pid})`
    case 'forgotten':
      return `${ok} (${done.recorded ? 'forgotten' : 'nothing of it is recorded'})`
    default:
      return unreachable(done)
  }
}

/** "ready" is said only on the worker's own word; a mute one has merely lived so long. */
function readiness(done: Extract<Done, { result: 'started' | 'restarted' }>): string {
  const was = done.result === 'restarted' && done.wasPid !== undefined ? `, was ${done.wasPid}` : ''
  const pid = `pid ${done.pid}${was}`
  const time = duration(done.aliveMs)
  return done.readyBy === 'word' ? `${pid}, ready in ${time}` : `alive ${time}, ${pid}`
}

/** What it does not say itself is not known. */
function quieted({ said, pid, left }: Extract<Done, { result: 'quieted' | 'resumed' }>): string {
  if (!said) return `told to take no more jobs, which it cannot confirm, pid ${pid}`
  return [`takes no more jobs`, ...(left === undefined ? [] : [`${jobs(left)} left`]), `pid ${pid}`].join(', ')
}

const jobs = (count: number): string => (count === 1 ? '1 job' : `${count} jobs`)

/** Nothing that was killed goes unnamed. */
function manner(exit: Exit | undefined, killed: readonly number[], jobsLost: number | undefined): string[] {
  const lost = [
    ...(killed.length > 0 ? [`killed ${killed.join(', ')}`] : []),
    ...(jobsLost === undefined ? [] : [`lost ${jobs(jobsLost)}`]),
  ]
  if (exit?.signal !== undefined) return [`ended by SIG${exit.signal}`, ...lost]
  return exit?.code === undefined || exit.code === 0 ? lost : [`exit code ${exit.code}`, ...lost]
}

export const IT_IS_QUIET = 'it is quiet: multi resume has it take jobs again'

function differences(done: Done): string[] {
  if (done.result !== 'already-running') return []
  const other = clean(done.differs.join(', '))
  return [
    ...(done.differs.length > 0
      ? [`it was started differently: ${other}; multi restart applies what was asked for now`]
      : []),
    ...(done.quiet ? [IT_IS_QUIET] : []),
  ]
}

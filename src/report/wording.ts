import type { Failure } from '../model/failure.ts'
import type { Exit } from '../model/process.ts'
import { unreachable } from '../model/result.ts'
import type { Target } from '../model/spec.ts'
import { duration } from './duration.ts'
import { errno, refused } from './errno.ts'
import { clean } from './mask.ts'

/** What of a node the wording can point at; without it the line is shorter, never wrong. */
export type About = Pick<Target, 'logfile'>

type Of<R extends Failure['reason']> = Extract<Failure, { reason: R }>

/** One line: what was tried, on what, why it did not work, what to do. The only place that words failures. */
export const wording = (failure: Failure, about?: About): string => clean(words(failure, about))

/** The last lines of the worker's log, for those failures that have them. */
export const tailOf = (failure: Failure): readonly string[] => ('logTail' in failure ? failure.logTail.map(clean) : [])

function words(failure: Failure, about?: About): string {
  switch (failure.reason) {
    case 'usage':
    case 'bad-configuration':
      return withHint(failure.message, failure.hint)
    case 'died':
      return died(failure)
    case 'start-timeout':
      return startTimeout(failure, about)
    case 'stop-timeout':
      return `still draining after ${duration(failure.afterMs)} (pid ${failure.pid}), left draining; wait again with multi stopwait`
    case 'unkillable':
      return `still there ${duration(failure.afterMs)} after KILL (pid ${failure.pid}): stuck in the kernel, or forking faster than signals end it; try multi kill again`
    case 'draining':
      return `not started: the worker before it is still draining (pid ${failure.pid}); wait with multi stopwait, then start again`
    case 'orphaned':
      return orphaned(failure)
    case 'foreign':
      return `it was started on ${failure.host}, in another container or pid namespace, and may live there; stop it there, name another pidfile with --pidfile, or start it all the same with --takeover`
    case 'unknown':
      return `cannot tell whether ${failure.path} names this worker: ${failure.why}; it is left alone`
    case 'taken':
      return `pidfile ${failure.pidfile} is taken by a worker of fleet ${failure.fleet} (pid ${failure.pid}); stop that one or name another with --pidfile`
    case 'denied':
      return left(denied(failure), failure)
    case 'not-found':
      return withHint(
        `cannot find ${failure.what}${failure.tried.length > 0 ? `, tried ${failure.tried.join(', ')}` : ''}`,
        failure.hint,
      )
    case 'no-directory':
      return `${failure.what} ${failure.path} is not there or no directory; create it or name another`
    case 'system':
      return left(`could not ${failure.what}: ${refused(failure.call, failure.path, failure.code)}`, failure)
    case 'locked':
      return locked(failure)
    case 'interrupted':
      return interrupted(failure)
    case 'halted':
      return `not touched, because ${failure.by} did not come back; run the restart again once that is mended`
    case 'not-running':
      return 'it does not run; multi start starts it'
    case 'not-down':
      return `not forgotten: it is ${failure.state} (pid ${failure.pid}); multi stopwait ends it, then forget it`
    case 'not-quieted':
      return failure.why
    default:
      return unreachable(failure)
  }
}

function interrupted({ state, pid, handedOn }: Of<'interrupted'>): string {
  const who = pid === undefined ? '' : ` (pid ${pid})`
  return handedOn
    ? `interrupted while ${state}${who}; its worker is interrupted, too, because it is in the foreground`
    : `interrupted, left ${state}${who}; the same command finishes the work`
}

const withHint = (message: string, hint: string | undefined): string =>
  hint === undefined ? message : `${message} (${hint.replaceAll('\n', '; ')})`

const died = ({ exit, logTail, logfile }: Of<'died'>): string =>
  `${howItEnded(exit)} before it was ready; ${logTail.length > 0 ? 'see' : 'it logged nothing to'} ${logfile}`

function howItEnded(exit: Exit | undefined): string {
  if (exit?.signal === 'KILL') return 'killed by SIGKILL (by hand, or out of memory)'
  if (exit?.signal !== undefined) return `killed by SIG${exit.signal}`
  return exit?.code === undefined ? 'ended' : `exited with code ${exit.code}`
}

function startTimeout({ pid, afterMs, stopped }: Of<'start-timeout'>, about?: About): string {
  const what = `still booting after ${duration(afterMs)} (pid ${pid}), ${stopped ? 'stopped by multi' : 'left running'}`
  return about === undefined ? what : `${what}: see ${about.logfile}`
}

const left = (text: string, { pid }: Of<'denied' | 'system'>): string =>
  pid === undefined ? text : `${text}; its worker (pid ${pid}) was left running`

function orphaned({ pgid, members }: Of<'orphaned'>): string {
  const [noun, verb] = members.length === 1 ? ['process', 'lives'] : ['processes', 'live']
  return `its main process is gone, ${members.length} ${noun} of its group ${pgid} still ${verb} (${members.join(', ')}); end what is left with multi kill`
}

/** A right that somebody else has; on a read-only file system nobody has it. */
function denied({ what, path, code, option, user }: Of<'denied'>): string {
  const facts = [path, code === undefined ? undefined : errno(code)].filter((fact) => fact !== undefined)
  const tried = [what, ...facts].join(': ')
  const elsewhere = option === undefined ? [] : [`name another place with ${option}`]
  if (code === 'EROFS') return [`multi cannot ${tried}`, ...elsewhere].join('; ')
  const who = user === undefined ? 'run as its owner' : `run as ${user} or root`
  return `multi has no right to ${tried}; ${[who, ...elsewhere].join(', or ')}`
}

const locked = ({ path, afterMs, holder }: Of<'locked'>): string =>
  `another multi${holder === undefined ? '' : ` (pid ${holder})`} holds the lock of ${path}, waited ${duration(afterMs)}; try again, or wait longer with --wait-lock`

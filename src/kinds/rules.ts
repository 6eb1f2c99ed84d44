import type { OptionRule } from '../spec/grammar.ts'

export const flag = (...names: [string, ...string[]]): OptionRule => ({ names, arity: 'flag' })
export const value = (...names: [string, ...string[]]): OptionRule => ({ names, arity: 'value' })

/** Options that Celery and the app host have in common: one rule each, so that both grammars agree about them. */
export const SHARED = {
  app: value('--app', '-A'),
  workdir: value('--workdir'),
  hostname: value('--hostname', '-n'),
  // -L is what Celery 2 and the well-known example of `celery multi` use; today's Celery refuses it.
  loglevel: value('--loglevel', '-l', '-L'),
  concurrency: value('--concurrency', '-c'),
  pool: value('--pool', '-P'),
  queues: value('--queues', '-Q'),
  logfile: value('--logfile', '-f'),
  pidfile: value('--pidfile', '-p'),
  uid: value('--uid'),
  gid: value('--gid'),
  umask: value('--umask'),
  executable: value('--executable'),
} as const

/** What multi itself does for a node of any kind. */
export const PLACE: readonly OptionRule[] = [SHARED.workdir, SHARED.uid, SHARED.gid, SHARED.umask]

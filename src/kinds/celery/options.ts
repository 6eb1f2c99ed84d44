import type { OptionRule } from '../../spec/grammar.ts'
import { flag, SHARED, value } from '../rules.ts'

/** Options of the word `celery` itself: they stand before `worker`. celery/bin/celery.py, 5.2.6; `--skip-checks` since 5.3. */
export const globalOptions: readonly OptionRule[] = [
  SHARED.app,
  value('--broker', '-b'),
  value('--result-backend'),
  value('--loader'),
  value('--config'),
  SHARED.workdir,
  flag('--no-color', '-C'),
  flag('--quiet', '-q'),
  flag('--skip-checks'),
]

/** celery/bin/worker.py, 5.2.6; `--disable-prefetch` since 5.6. */
const workerOptions: readonly OptionRule[] = [
  SHARED.hostname,
  flag('--detach', '-D'),
  value('--statedb', '-S'),
  SHARED.loglevel,
  value('-O'),
  value('--prefetch-multiplier'),
  flag('--disable-prefetch'),
  SHARED.concurrency,
  SHARED.pool,
  flag('--task-events', '--events', '-E'),
  value('--time-limit'),
  value('--soft-time-limit'),
  value('--max-tasks-per-child', '--maxtasksperchild'),
  value('--max-memory-per-child', '--maxmemperchild'),
  flag('--purge', '--discard'),
  SHARED.queues,
  value('--exclude-queues', '-X'),
  // Of two -I Celery keeps the last; nobody who writes two means that.
  { names: ['--include', '-I'], arity: 'value', repeat: 'join' },
  flag('--without-gossip'),
  flag('--without-mingle'),
  flag('--without-heartbeat'),
  value('--heartbeat-interval'),
  value('--autoscale'),
  flag('--beat', '-B'),
  value('--schedule-filename', '--schedule', '-s'),
  value('--scheduler'),
  SHARED.logfile,
  SHARED.pidfile,
  SHARED.uid,
  SHARED.gid,
  SHARED.umask,
  SHARED.executable,
]

export const celeryOptions: readonly OptionRule[] = [...globalOptions, ...workerOptions]

/** Spellings that today's Celery no longer knows: handed on under the rule's first name. */
export const RETIRED: ReadonlySet<string> = new Set(['-L', '--maxtasksperchild', '--maxmemperchild'])

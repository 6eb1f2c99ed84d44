import type { OptionRule } from '../../spec/grammar.ts'
import { SHARED, value } from '../rules.ts'

/** For the children of `-P prefork`, named as in Celery: one process has none to replace. */
export const poolOptions: readonly OptionRule[] = [
  value('--max-tasks-per-child', '--maxtasksperchild'),
  value('--max-memory-per-child', '--maxmemperchild'),
  value('--autoscale'),
]

/** What `multi worker` understands (src/worker/options.ts). */
export const appOptions: readonly OptionRule[] = [...Object.values(SHARED), ...poolOptions]

export const APP_POOLS: readonly string[] = ['async', 'prefork']

import type { LaunchPlan, Quieting } from '../../model/spec.ts'
import { subcommandAt } from './command.ts'
import { lastPlace, listAt } from './words.ts'

/** How long the worker may take to answer, seconds. Celery ends with 69 when it does not, with 1 when there is no broker. */
const PATIENCE = '5'
/** Celery's task_default_queue, unless the app says otherwise. */
const DEFAULT_QUEUE = 'celery'

/** Celery's remote control, through the broker of the same app. `words`: what follows the word celery on its command line. */
export function quietingOf({ name, argv }: Pick<LaunchPlan, 'name' | 'argv'>, words: readonly string[]): Quieting {
  const [program, ...rest] = argv.slice(0, argv.length - words.length + subcommandAt(words))
  const control = [...rest, 'control', '--destination', name, '--timeout', PATIENCE]
  const queues = listAt(words, lastPlace(words, '-Q'))
  return {
    by: 'program',
    quiet: [program ?? argv[0], ...control, 'cancel_consumer'],
    resume: [program ?? argv[0], ...control, 'add_consumer'],
    queues: queues.length > 0 ? queues : [DEFAULT_QUEUE],
  }
}

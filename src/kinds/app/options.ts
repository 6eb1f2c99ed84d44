import type { OptionRule } from '../../spec/grammar.ts'
import { SHARED } from '../rules.ts'

/** What `multi worker` understands (src/worker/options.ts). */
export const appOptions: readonly OptionRule[] = Object.values(SHARED)

import type { OptionRule } from '../../spec/grammar.ts'
import { PLACE } from '../rules.ts'

/** Everything else is handed to a command as given. */
export const commandOptions: readonly OptionRule[] = PLACE

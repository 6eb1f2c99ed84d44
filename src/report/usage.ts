import type { Failure, UsageError } from '../model/failure.ts'
import { clean } from './mask.ts'
import { tailOf, wording } from './wording.ts'

/** A wrong command line, for stderr: the sentence, what to type instead, where to read on. */
export function usageText(error: UsageError): string {
  const hints = error.hint === undefined ? [] : error.hint.split('\n').map((line) => `  ${clean(line)}`)
  return [`multi: ${clean(error.message)}`, ...hints, 'try multi help', ''].join('\n')
}

/** Any failure of the command as a whole rather than of one node, for stderr. */
export const errorText = (failure: Failure): string =>
  failure.reason === 'usage'
    ? usageText(failure)
    : [`multi: ${wording(failure)}`, ...tailOf(failure).map((line) => `  | ${line}`), ''].join('\n')

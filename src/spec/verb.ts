import type { Grammar } from './grammar.ts'
import { lookupIn } from './lookup.ts'
import { readOption } from './option.ts'

/** Puts options that stood before the verb behind all others, but before `--`. */
function append(rest: readonly string[], moved: readonly string[]): readonly string[] {
  const end = rest.indexOf('--')
  return end < 0 ? [...rest, ...moved] : [...rest.slice(0, end), ...moved, ...rest.slice(end)]
}

/**
 * The verb is the first bare word; a word `multi` before it is ignored once, so that a line written for
 * `celery -A app multi start …` works when CELERY_BIN is multi.
 */
export function findVerb(argv: readonly string[], grammar: Grammar): { verb?: string; rest: readonly string[] } {
  const lookup = lookupIn(grammar)
  // Where the arguments are that are not empty: only the ones before the verb may be dropped here.
  const places = argv.flatMap((argument, at) => (argument === '' ? [] : [at]))
  const moved: string[] = []
  let sawMulti = false
  for (let place = 0; place < places.length; place++) {
    const at = places[place] ?? 0
    const argument = argv[at] ?? ''
    if (argument === '--') return { rest: append(argv.slice(at), moved) }
    if (argument.startsWith('-')) {
      const next = argv[places[place + 1] ?? argv.length]
      const option = readOption(argument, next, lookup)
      moved.push(argument)
      if (!option.ok || option.value.used === 1) continue
      if (next !== undefined) moved.push(next)
      place++
    } else if (argument === 'multi' && !sawMulti) sawMulti = true
    else return { verb: argument, rest: append(argv.slice(at + 1), moved) }
  }
  return { rest: moved }
}

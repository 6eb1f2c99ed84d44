import type { LaunchPlan } from '../model/spec.ts'
import { printable } from './printable.ts'

/** `names`, `expand`, `get`: one a line and nothing else; the init script splits this into file names. */
export const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join('')

export interface ShowOptions {
  readonly quote: (argv: readonly string[]) => string
  readonly verbose?: boolean
}

/** Command lines ready to paste, one per node, nothing masked. With `verbose` why each is what it is, as comments. */
export const showText = (plans: readonly LaunchPlan[], { quote, verbose }: ShowOptions): string =>
  lines(plans.flatMap((plan) => [...(verbose === true ? comments(plan) : []), quote(plan.argv)]))

const comments = ({ name, kind, why, notes = [] }: LaunchPlan): string[] =>
  [`${name}: ${kind}, ${why}`, ...notes].map((text) => printable(`# ${text}`))

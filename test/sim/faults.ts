import type { System } from '../../src/system/port.ts'
import type { Multi } from './multi.ts'

type CallName = {
  [K in keyof System]: System[K] extends (...args: never[]) => Promise<unknown> ? K : never
}[keyof System]

/** What the operating system shall refuse. */
export interface FaultRule {
  readonly call: CallName | 'release'
  /** The path that the call names first (of a rename: where to, too). */
  readonly path?: string | RegExp
  readonly code?: string
  /** How often; default once. */
  readonly times?: number
  /** How many such calls pass before. */
  readonly after?: number
  /**
   * createFile: what is left in spite of the failure (a disk that filled up, a machine that lost power). spawn: with `all` the
   * worker lives, and a shortage came when it was looked at.
   */
  readonly leaves?: 'empty' | 'half' | 'all'
  /** The multi dies in the middle of it: the call never settles. */
  readonly kills?: boolean
  /** Only calls of this one. */
  readonly of?: { readonly multi: Multi }
}

interface Armed {
  readonly rule: FaultRule
  skip: number
  left: number
}

export class Faults {
  #armed: Armed[] = []

  add(rule: FaultRule): void {
    this.#armed.push({ rule, skip: rule.after ?? 0, left: rule.times ?? 1 })
  }

  clear(): void {
    this.#armed = []
  }

  /** The rule that this call breaks against, if any; it is used up by it. */
  hit(call: string, args: readonly unknown[], multi: Multi): FaultRule | undefined {
    if (this.#armed.length === 0) return undefined
    for (const armed of this.#armed) {
      if (!matches(armed.rule, call, args, multi)) continue
      if (armed.skip-- > 0) continue
      if (--armed.left <= 0) this.#armed = this.#armed.filter((one) => one !== armed)
      return armed.rule
    }
    return undefined
  }
}

function matches({ call, path, of }: FaultRule, name: string, args: readonly unknown[], multi: Multi): boolean {
  if (call !== name || (of !== undefined && of.multi !== multi)) return false
  if (path === undefined) return true
  return args.some((arg) => typeof arg === 'string' && (typeof path === 'string' ? arg === path : path.test(arg)))
}

/** What of a text is on the disk after all. */
export const leftOf = (text: string, leaves: 'empty' | 'half' | 'all'): string =>
  leaves === 'all' ? text : leaves === 'half' ? text.slice(0, text.length >> 1) : ''

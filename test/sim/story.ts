/** What happened, kept as it came and put into words only when somebody asks. */
interface Entry {
  readonly micros: number
  readonly who: string
  readonly what: string
  readonly args: readonly unknown[]
  readonly result: unknown
}

const SHORT = 60
/** The result of an event that has none. */
export const NOTHING: unique symbol = Symbol('nothing')

function text(value: string): string {
  const quoted = JSON.stringify(value)
  if (value.startsWith('/') && !/\s/.test(value)) return value
  return quoted.length > SHORT ? `${quoted.slice(0, SHORT)}…` : quoted
}

function fields(value: object): string {
  const record = value as Readonly<Record<string, unknown>>
  if (record['ok'] === true) return record['value'] === undefined ? 'ok' : `ok ${say(record['value'])}`
  if (record['ok'] === false) return String((record['error'] as { code?: unknown }).code)
  return `{${Object.entries(record)
    .map(([key, each]) => `${key}: ${say(each)}`)
    .join(', ')}}`
}

function say(value: unknown): string {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'function') return 'fn'
  if (value instanceof Map) return `{${value.size} variables}`
  if (Array.isArray(value)) return value.length > 8 ? `[${value.length} items]` : `[${value.map(say).join(' ')}]`
  if (typeof value === 'object' && value !== null) return fields(value)
  return String(value)
}

function line(entry: Entry): string {
  const time = (entry.micros / 1000).toFixed(2).padStart(12)
  const args = entry.args.map(say).join(' ')
  const result = entry.result === NOTHING ? '' : ` → ${say(entry.result)}`
  return `${time}  ${entry.who.padEnd(14)} ${entry.what}${args === '' ? '' : ` ${args}`}${result}`
}

export class Story {
  readonly #entries: Entry[] = []
  readonly kept: boolean

  constructor(kept = true) {
    this.kept = kept
  }

  add(micros: number, who: string, what: string, args: readonly unknown[], result: unknown): void {
    if (this.kept) this.#entries.push({ micros, who, what, args, result })
  }

  get length(): number {
    return this.#entries.length
  }

  /** The last `count` lines, or all. */
  tell(count = Infinity): string {
    const from = Math.max(0, this.#entries.length - count)
    const lines = this.#entries.slice(from).map(line)
    return [...(from > 0 ? [`  … ${from} earlier`] : []), ...lines].join('\n')
  }
}

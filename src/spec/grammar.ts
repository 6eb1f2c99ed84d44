/** Whether an option takes a value. `optional`: only written with `=`. */
type Arity = 'flag' | 'value' | 'optional'

/** One option of a worker or of multi itself, as data. */
export interface OptionRule {
  /** Every spelling with its dashes, the canonical long one first: `['--concurrency', '-c']`. */
  readonly names: readonly [string, ...string[]]
  readonly arity: Arity
  /** What repeating it means. Default `last`. `join`: values are joined with commas. */
  readonly repeat?: 'last' | 'all' | 'join'
  /** Belongs to the command as a whole (`--json`, `--timeout`): consumed, never per node, never handed to a worker. */
  readonly setting?: boolean
}

/** What the parser knows of options. Unknown ones follow the rules of celery-multi's own grammar. */
export interface Grammar {
  readonly options: readonly OptionRule[]
  /** What repeating an option that is not in the table means: kind `command` keeps all. */
  readonly unknownRepeat: 'last' | 'all'
}

/** What a command line is read against. No I/O: the caller looked these up. */
export interface Facts {
  /** gethostname(), not resolved further. */
  readonly hostname: string
  readonly cwd: string
  /** Where relative defaults go: `RUN/%n.pid`, `LOG/%n%I.log`. Absolute. */
  readonly runDirectory: string
  readonly logDirectory: string
  readonly fleet: string
}

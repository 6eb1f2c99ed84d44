/** A command line behind the verb, and what the generator put into it. */
export interface Line {
  readonly argv: readonly string[]
  readonly nodes: readonly string[]
  readonly traits: ReadonlySet<Trait>
}

export type Trait = 'selector' | 'short' | 'prefix' | 'suffix' | 'host' | 'passthrough'

/** mulberry32: one seed gives the same command lines everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const NAMES = ['foo', 'bar', 'baz', 'w1', 'w2', 'img-1', 'img_2', 'a@x', 'b@%h', 'c@y.z', 'd@%d', 'long-name', '7']
const VALUES = ['1', '10', 'INFO', 'a,b', 'proj.app:app', '/srv/%n', '%h-%d', '%N%I', 'x=y', 'a:b', '50%']
const VALUED = ['-c', '-Q', '-l', '-A', '-P', '-X', '-s', '-x', '-z']
const FLAGS = ['-E', '-B', '-C', '-y', '-D']
const LONG = [
  '--time-limit',
  '--workdir',
  '--foo',
  '--my-opt',
  '--uid',
  '--broker',
  '--autoscale',
  '--umask',
  '--prefetch-multiplier',
]
/** Spelled `-c` and `-l` above. */
const DOUBLES = ['--concurrency', '--loglevel']
const LONG_FLAGS = ['--beat', '--without-gossip', '--purge', '--bar-flag']
const FILES = ['/run/%n.pid', 'run/%n.pid', '/r/%N-%d/%h', './x/../%n%I', '%p', '/run/%n%i.pid', '//run//%n']

class Generator {
  readonly traits = new Set<Trait>()
  nodes: readonly string[] = []
  isRange = false
  shortFiles = false
  readonly random: () => number
  constructor(random: () => number) {
    this.random = random
  }

  chance(share: number): boolean {
    return this.random() < share
  }
  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }
  pick(items: readonly string[]): string {
    return items[this.below(items.length)] ?? ''
  }
  some(items: readonly string[], count: number): readonly string[] {
    const left = [...items]
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)).flat()
  }

  chooseNodes(): void {
    this.isRange = this.chance(0.3)
    this.shortFiles = this.chance(0.4)
    if (this.isRange) this.nodes = [String(1 + this.below(8))]
    else this.nodes = this.some(this.chance(0.99) ? NAMES : ['foo', 'foo', '..', 'a/b'], 1 + this.below(4))
    if (!this.isRange && this.nodes.length === 1 && this.nodes[0] === '7') this.isRange = true
  }

  get count(): number {
    return this.isRange ? Number(this.nodes[0]) : this.nodes.length
  }
  position(): string {
    return String(1 + this.below(this.count))
  }
  name(): string {
    const name = this.pick(this.nodes)
    return this.isRange ? this.position() : (name.split('@')[0] ?? name)
  }

  /** Mostly what works in Celery too. */
  selector(): string {
    this.traits.add('selector')
    const dice = this.random()
    if (dice < 0.02) return this.pick(['typo', '99', '0', '2-99', '3-1', '1,99'])
    if (dice < 0.05) return this.isRange ? `celery${this.position()}` : `1-${this.count}`
    if (dice < 0.13) return this.fullName()
    if (dice < 0.35) return this.position()
    if (dice < 0.6 || this.count < 2) return this.name()
    if (!this.isRange) return [this.name(), this.name()].join(',')
    const first = 1 + this.below(this.count)
    const range = `${first}-${first + this.below(this.count - first + 1)}`
    return this.chance(0.5)
      ? range
      : this.chance(0.5)
        ? `${range},${this.position()}`
        : `${this.position()},${this.position()}`
  }
  fullName(): string {
    if (this.isRange) return `celery${this.position()}@vm.example.org`
    const name = this.pick(this.nodes)
    return name.includes('@') ? name : `${name}@vm.example.org`
  }

  target(): string {
    return this.chance(0.28) ? `:${this.selector()}` : ''
  }
  value(): string {
    return this.chance(0.009) ? this.pick(['%q', '100%%', '%%n']) : this.pick(VALUES)
  }

  option(): readonly string[] {
    const dice = this.random()
    if (dice < 0.38) return this.short()
    if (dice < 0.46) return this.flag()
    if (dice < 0.75) return [`${this.pick(this.chance(0.06) ? DOUBLES : LONG)}${this.target()}=${this.value()}`]
    if (dice < 0.81) return [`${this.pick(LONG_FLAGS)}${this.target()}`]
    if (dice < 0.98) return this.file()
    return this.oddity()
  }
  short(): readonly string[] {
    this.traits.add('short')
    const name = this.pick(VALUED)
    return [`${name}${this.target()}`, this.value()]
  }
  /** A line mostly keeps to one of both spellings. */
  file(): readonly string[] {
    if (this.chance(0.05)) this.shortFiles = !this.shortFiles
    if (!this.shortFiles) return [`${this.pick(['--pidfile', '--logfile'])}${this.target()}=${this.pick(FILES)}`]
    this.traits.add('short')
    return [`${this.pick(['-p', '-f'])}${this.target()}`, this.pick(FILES)]
  }
  flag(): readonly string[] {
    this.traits.add('short')
    return [`${this.pick(FLAGS)}${this.target()}`]
  }
  oddity(): readonly string[] {
    const odd = [
      ['-c10'],
      ['-Ofair'],
      ['--loglevel', 'INFO'],
      ['--foo', 'bar'],
      ['-I', 'a'],
      ['-n:1', 'foo'],
      ['--x='],
      [''],
    ]
    return odd[this.below(odd.length)] ?? []
  }

  naming(): readonly string[] {
    const words: string[] = []
    const add = (trait: Trait, share: number, choices: readonly (readonly string[])[]): void => {
      if (!this.chance(share)) return
      this.traits.add(trait)
      words.push(...(choices[this.below(choices.length)] ?? []))
    }
    add('prefix', 0.15, [
      ['--prefix=x-'],
      ['--prefix=pre'],
      ['--prefix='],
      ['--range-prefix=img'],
      ['--range-prefix=q-'],
    ])
    add('suffix', 0.14, [
      ['--suffix=s'],
      ['--suffix=s.t'],
      ['--suffix=""'],
      ["--suffix=''"],
      ['--suffix=%h'],
      ['--suffix='],
    ])
    add('host', 0.18, [['-n', 'h'], ['--hostname=h.i'], ['-n', '%h'], ['-n', '%d'], ['--hostname=%n'], ['-n', 'h']])
    if (this.chance(0.008)) words.push('-n', 'foo@%h')
    if (words.includes('-n')) this.traits.add('short')
    return words
  }

  line(): Line {
    this.chooseNodes()
    const options = Array.from({ length: this.below(7) }, () => this.option())
    const naming = this.naming()
    const at = this.below(options.length + 1)
    const before = this.chance(0.08) ? this.short() : []
    const all = [...options.slice(0, at).flat(), ...naming, ...options.slice(at).flat()]
    const passthrough = this.chance(0.15) ? ['--', ...this.some(['-a', 'b', '--c=%n', '--', 'd:1'], this.below(4))] : []
    if (passthrough.length > 0) this.traits.add('passthrough')
    return { argv: [...before, ...this.nodes, ...all, ...passthrough], nodes: this.nodes, traits: this.traits }
  }
}

export function randomLines(seed: number, count: number): readonly Line[] {
  const random = randomFrom(seed)
  return Array.from({ length: count }, () => new Generator(random).line())
}

import { posix } from 'node:path'
import { celeryOptions } from '../../src/kinds/celery/options.ts'
import type { NodeSpec } from '../../src/model/spec.ts'
import type { Facts, Grammar } from '../../src/spec/grammar.ts'
import { parseLine } from '../../src/spec/index.ts'
import { lookupIn } from '../../src/spec/lookup.ts'
import { type Case, DIFFERENCES } from './differential-classes.ts'
import type { Line } from './differential-lines.ts'
import type { Answer, CeleryNode } from './differential-oracle.ts'

const grammar: Grammar = { options: celeryOptions, unknownRepeat: 'last' }
export const facts: Facts = {
  hostname: 'vm.example.org',
  cwd: '/srv/app',
  runDirectory: '/var/run/celery',
  logDirectory: '/var/log/celery',
  fleet: 'f',
}
const lookup = lookupIn(grammar)
const canonical = (name: string): string => lookup.get(name)?.names[0] ?? name

type Comparable = Readonly<Record<'name' | 'pidfile' | 'logfile' | 'passthrough', string>> & {
  readonly options: unknown
}

const main = (path: string): string => posix.resolve(facts.cwd, path.replaceAll('%I', '').replaceAll('%i', '0'))

/** Kinds spell options their own way: what is compared is which option has which value, in which order. */
function ofCelery(node: CeleryNode): Comparable {
  const options = node.options.flatMap(([name, value]) => {
    const key = canonical(name)
    if (key === '--executable') return []
    return [[key, key === '--pidfile' || key === '--logfile' ? posix.resolve(facts.cwd, value ?? '') : value]]
  })
  const { name, pidfile, logfile, passthrough } = node
  return { name, pidfile: main(pidfile), logfile: main(logfile), passthrough, options }
}

const ofOurs = ({ name, pidfile, logfile, passthrough, options }: NodeSpec, dashes: boolean): Comparable => ({
  name,
  pidfile,
  logfile,
  passthrough: dashes ? ['--', ...passthrough].join(' ') : '',
  options: options.map((option) => [canonical(option.name), option.value ?? null]),
})

const read = (argv: readonly string[]) => parseLine(argv, grammar, facts, { takesSignal: false, allowNoNodes: false })

export function isSame({ argv }: Line, celery: Answer): boolean {
  const ours = read(argv)
  if (!ours.ok || 'error' in celery) return !ours.ok && 'error' in celery
  const dashes = argv.includes('--')
  const [left, right] = [ours.value.nodes.map((node) => ofOurs(node, dashes)), celery.nodes.map(ofCelery)]
  return JSON.stringify(left.map(sorted)) === JSON.stringify(right.map(sorted))
}

const sorted = ({ name, pidfile, logfile, passthrough, options }: Comparable): unknown => [
  name,
  pidfile,
  logfile,
  passthrough,
  options,
]

function caseOf({ argv, nodes }: Line, celery: Answer): Case {
  const ours = read(argv)
  const end = argv.indexOf('--')
  const args = (end < 0 ? argv : argv.slice(0, end)).filter((argument) => argument !== '')
  const options = args.flatMap((typed, at) => {
    if (!typed.startsWith('-')) return []
    const [head = ''] = typed.split('=')
    const [name = '', selector] = head.split(':')
    return [{ typed, name, next: args[at + 1] ?? '-', ...(selector !== undefined && { selector }) }]
  })
  const rule: Case['rule'] = (name) => lookup.get(name)
  return { argv, options, words: nodes, celery, rule, ...(!ours.ok && { refused: ours.error.message }) }
}

function sameNodes({ argv }: Line, nodes: readonly CeleryNode[]): boolean {
  const ours = read(argv)
  return ours.ok && ours.value.nodes.map(({ name }) => name).join() === nodes.map(({ name }) => name).join()
}

/** The name of the first difference that accounts for this line. */
export function classify(line: Line, celery: Answer): string | undefined {
  const known = caseOf(line, celery)
  const ours = known.refused === undefined ? 'accepted' : 'refused'
  const found = DIFFERENCES.find((difference) => difference.ours === ours && difference.applies(known))
  return found?.otherNodes || ours === 'refused' || 'error' in celery || sameNodes(line, celery.nodes)
    ? found?.name
    : undefined
}

/** Everything needed to look into one line. */
export function report({ argv }: Line, celery: Answer): string {
  const ours = read(argv)
  const left = ours.ok ? ours.value.nodes.map((node) => ofOurs(node, argv.includes('--'))) : ours.error
  const right = 'error' in celery ? celery.error : celery.nodes.map(ofCelery)
  return `${JSON.stringify(argv)}\n  multi:  ${JSON.stringify(left)}\n  celery: ${JSON.stringify(right)}`
}

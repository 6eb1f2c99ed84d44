import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expandTemplate, findVerb, shellJoin, splitWords } from '../../../src/spec/index.ts'
import { distance } from '../../../src/spec/nearest.ts'
import { accept, read } from './line.ts'

const check = <T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): void =>
  fc.assert(property, { numRuns: 500 })

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
const nodeNames = fc.uniqueArray(name, { minLength: 1, maxLength: 6 })
const text = fc.string({ unit: fc.constantFrom(...Array.from('ab1-:=,@%n/.\'" \\$\n\0é💥')) })

/** Arguments that look like a command line, so that runs get past the first one. */
const argument = fc.oneof(
  text,
  text.map((value) => `-${value}`),
  text.map((value) => `--${value}`),
  fc.constantFrom(
    'start',
    'stop',
    'expand',
    'multi',
    '--',
    '-c',
    '-E',
    '-9',
    '-INT',
    '3',
    'w1',
    'w1@h',
    '-c:1',
    '-n',
    '-p',
  ),
  fc.constantFrom(
    '--cmd',
    '--cmd=',
    '--pidfile=%n',
    '--loglevel',
    '-c:1-2',
    '-Q:w1,2',
    '--suffix=%d',
    '-qE',
    '--timeout',
  ),
)

describe('any command line', () => {
  test('is read or refused, never thrown at', () =>
    check(
      fc.property(fc.array(argument), (argv) => {
        const result = read(argv)
        expect(result.ok || result.error.message !== '').toBe(true)
      }),
    ))

  test('has nodes with distinct names and pidfiles, indexes in order, absolute paths', () =>
    check(
      fc.property(fc.array(argument), (argv) => {
        const result = read(['start', ...argv])
        if (!result.ok) return
        const { nodes } = result.value
        expect(new Set(nodes.map((node) => node.name)).size).toBe(nodes.length)
        expect(new Set(nodes.map((node) => node.pidfile)).size).toBe(nodes.length)
        expect(nodes.map((node) => node.index)).toEqual(nodes.map((_, at) => at + 1))
        for (const { pidfile, logfile } of nodes)
          expect([pidfile, logfile].every((path) => path.startsWith('/'))).toBe(true)
      }),
    ))

  test('loses no argument on the way to the verb', () =>
    check(
      fc.property(fc.array(argument), (argv) => {
        const { verb, rest } = findVerb(argv, { options: [], unknownRepeat: 'last' })
        const sorted = (words: readonly string[]) => words.filter((word) => word !== '' && word !== 'multi').toSorted()
        expect(sorted([...(verb === undefined ? [] : [verb]), ...rest])).toEqual(sorted(argv))
      }),
    ))
})

describe('reading again what was read', () => {
  const values = fc.dictionary(
    fc.constantFrom('-c', '-Q', '--x', '--yy', '-l'),
    text.filter((value) => !/[-\0]/.test(value)),
  )

  test('gives the same names', () =>
    check(
      fc.property(nodeNames, fc.constantFrom('', '--prefix=x', '--suffix=y', '-nz'), (nodes, option) => {
        const first = accept(['start', ...nodes, option]).nodes.map((node) => node.name)
        expect(accept(['start', ...first]).nodes.map((node) => node.name)).toEqual(first)
      }),
    ))

  test('gives the same options and files', () =>
    check(
      fc.property(name, values, (node, options) => {
        const typed = (pairs: Iterable<readonly [string, string | undefined]>) =>
          [...pairs].flatMap(([option, value]) => {
            const escaped = value?.replaceAll(/%(?![iI])/g, '%%')
            if (escaped === undefined || escaped === '') return []
            return option.startsWith('--') ? [`${option}=${escaped}`] : [option, escaped]
          })
        const once = accept(['start', node, ...typed(Object.entries(options))]).nodes[0]
        const pairs = (once?.options ?? [])
          .filter((option) => option.name !== '-n')
          .map((option) => [option.name, option.value] as const)
        const twice = accept(['start', `${once?.name}`, ...typed(pairs)]).nodes[0]
        expect(twice?.options.filter((option) => option.name !== '-n')).toEqual(
          once?.options.filter((option) => option.name !== '-n'),
        )
        expect([twice?.pidfile, twice?.logfile]).toEqual([once?.pidfile, once?.logfile])
      }),
    ))
})

/** §1 of the grammar in the most naive words: of all that apply to a node, the strongest kind, then the selector typed last. */
function expected(nodes: readonly string[], given: readonly (readonly [string, string])[], at: number): string {
  const strength = (selector: string): number => {
    const parts = selector.split(',').flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number)
      if (!/^\d/.test(part) || first === undefined || last === undefined) return [part]
      return Array.from({ length: last - first + 1 }, (_, step) => String(first + step))
    })
    if (selector === '') return 0
    if (parts.includes(`${nodes[at]}@vm.example.org`)) return selector.includes(',') ? 5 : 4
    if (!parts.includes(`${nodes[at]}`) && !parts.includes(String(at + 1))) return -1
    if (/[,-]/.test(selector)) return 3
    return /^\d/.test(selector) ? 2 : 1
  }
  const last = new Map(given.map(([selector, value]) => [selector, value]))
  let [value, best] = ['-', -1]
  for (const [selector, candidate] of last) {
    if (strength(selector) < Math.max(best, 0)) continue
    best = strength(selector)
    value = candidate
  }
  return value
}

test('precedence among any selectors is that of the naive model', () => {
  const nodes = ['a', 'b', 'c', 'd']
  const one = fc.constantFrom('a', 'b', 'd', '1', '2', '4', 'a@vm.example.org', 'c@vm.example.org')
  const range = fc.constantFrom('1-2', '2-4', '1-4')
  const list = fc.uniqueArray(fc.oneof(one, range), { minLength: 2, maxLength: 3 }).map((parts) => parts.join(','))
  const selector = fc.oneof(one, one, range, list, fc.constant(''))
  check(
    fc.property(fc.array(fc.tuple(selector, fc.stringMatching(/^[0-9]{1,2}$/)), { maxLength: 8 }), (given) => {
      const options = given.flatMap(([chosen, value]) => [chosen === '' ? '-c' : `-c:${chosen}`, value])
      const line = accept(['start', ...nodes, ...options])
      const values = line.nodes.map((node) => node.options.find((option) => option.name === '-c')?.value ?? '-')
      expect(values).toEqual(nodes.map((_, at) => expected(nodes, given, at)))
    }),
  )
})

test('a template is its pieces, each expanded', () => {
  const node = { name: 'w1@vm.x', short: 'w1', host: 'vm.x' }
  const pieces: readonly (readonly [string, string])[] = [
    ['%n', 'w1'],
    ['%N', 'w1'],
    ['%h', 'w1@vm.x'],
    ['%p', 'w1@vm.x'],
    ['%d', 'vm.x'],
    ['%i', '%i'],
    ['%I', '%I'],
    ['%%', '%'],
    ['/', '/'],
    ['n', 'n'],
    ['%-', '%-'],
  ]
  check(
    fc.property(fc.array(fc.constantFrom(...pieces)), (chosen) => {
      const template = chosen.map(([piece]) => piece).join('')
      expect(expandTemplate(template, node)).toEqual({ ok: true, value: chosen.map(([, value]) => value).join('') })
    }),
  )
})

describe('quoting', () => {
  test('is undone by splitting', () =>
    check(
      fc.property(fc.array(fc.oneof(text, fc.string())), (words) => {
        expect(splitWords(shellJoin(words))).toEqual({ ok: true, value: words })
      }),
    ))
  test('splitting any text gives words or says what is open', () =>
    check(
      fc.property(text, (line) => {
        const split = splitWords(line)
        expect(split.ok || /^(?:an unbalanced ['"]|a \\ at the end)$/.test(split.error)).toBe(true)
      }),
    ))
})

test('the distance of two words is a metric up to swaps', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
  check(
    fc.property(word, word, (a, b) => {
      expect(distance(a, b)).toBe(distance(b, a))
      expect(distance(a, a)).toBe(0)
      expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      expect(distance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
    }),
  )
})

import { describe, expect, test } from 'vitest'
import { accept, optionsOf, refuse, summary } from './line.ts'

/** The concurrency of each node. */
const concurrency = (line: string) =>
  accept(`start ${line}`).nodes.map((node) => node.options.find(({ name }) => name === '-c')?.value ?? '-')

describe('what a selector means', () => {
  test.each([
    ['3 -c:2 9', '- 9 -'],
    ['a b c -c:2 9', '- 9 -'],
    ['a b c -c:b 9', '- 9 -'],
    ['a b@x c -c:b 9', '- 9 -'],
    ['a b@x c -c:b@x 9', '- 9 -'],
    ['a b c -c:b@vm.example.org 9', '- 9 -'],
    ['a b@%h c -c:b@%h 9', '- 9 -'],
    ['3 -c:1,3 9', '9 - 9'],
    ['4 -c:1-2,4 9', '9 9 - 9'],
    ['a b c -c:a,c 9', '9 - 9'],
    ['a b c -c:1,c 9', '9 - 9'],
    ['3 -c:celery1,3 9', '9 - 9'],
    ['a@x a@y --pidfile=%h -c:a 9', '9 9'],
    ['3 -c:1-1 9', '9 - -'],
    ['3 -c:02 9', '- 9 -'],
  ])('%s', (line, expected) => expect(concurrency(line)).toEqual(expected.split(' ')))
})

describe('an exact name before a range or a position', () => {
  test('img-1', () => expect(concurrency('a img-1 -c:img-1 9')).toEqual(['-', '9']))
  test('1-2 as a name', () => expect(concurrency('a b 1-2 -c:1-2 9')).toEqual(['-', '-', '9']))
  test('the names of a range', () => expect(concurrency('2 --range-prefix=img- -c:img-2 9')).toEqual(['-', '9']))
  test('numbers as names', () => expect(concurrency('7 8 -c:8 9')).toEqual(['-', '9']))
  test('the word as typed before the name with its prefix', () =>
    expect(concurrency('foo xfoo --prefix=x -c:xfoo 9')).toEqual(['-', '9']))
})

describe('precedence', () => {
  test.each([
    ['all, then own', 'a b -c:a 1 -c 2', '1 2'],
    ['an index over a name, whatever the order', 'a b -c:1 1 -c:a 2', '1 -'],
    ['a list over an index, whatever the order', 'a b -c:1,2 1 -c:1 2', '1 1'],
    ['a range over an index, whatever the order', '2 -c:1-2 1 -c:1 2', '1 1'],
    ['the list whose selector was typed last', 'a b c -c:1,2 1 -c:2,3 2', '1 2 2'],
    ['a full name over all others', 'a@x b -c:a@x 1 -c:a 2 -c:1 3 -c:1-2 4', '1 4'],
    ['full names in a list over a full name', 'a@x b@x -c:a@x 1 -c:a@x,b@x 2', '2 2'],
    ['of one selector the last', 'a b -c:a 1 -c:a 2', '2 -'],
  ])('%s', (_, line, expected) => expect(concurrency(line)).toEqual(expected.split(' ')))
})

describe('merging', () => {
  test('short and long form are one option, at the place and in the spelling typed first', () =>
    expect(summary('start a b -c 1 -E --concurrency=2 --concurrency:1=3')).toEqual(['a: -c=3 -E', 'b: -c=2 -E']))
  test('options of a selector follow', () =>
    expect(summary('start a b -Q:b x -c 1 -l INFO')).toEqual(['a: -c=1 -l=INFO', 'b: -c=1 -l=INFO -Q=x']))
  test('-L and -l are one option: the more specific wins', () =>
    expect(summary('start 2 -l INFO -L:2 DEBUG')).toEqual(['celery1: -l=INFO', 'celery2: -l=DEBUG']))
  test('of unknown options the last', () => expect(summary('start a --x=1 --x=2')).toEqual(['a: --x=2']))
  test('where options are not known, all are kept in their order', () =>
    expect(summary('start a b -v -x 1 --y=2 -x 3 -v -x:2 4', { options: [], unknownRepeat: 'all' })).toEqual([
      'a: -v -x=1 --y=2 -x=3 -v',
      'b: -v -x=4 --y=2 -v',
    ]))
  test('the well-known example', () => {
    const lines = summary('start 10 -A proj -l INFO -Q:1-3 images,video -Q:4,5 data -Q default -L:4,5 debug')
    expect(lines.slice(2, 6)).toEqual([
      'celery3: -A=proj -l=INFO -Q=images,video',
      'celery4: -A=proj -l=debug -Q=data',
      'celery5: -A=proj -l=debug -Q=data',
      'celery6: -A=proj -l=INFO -Q=default',
    ])
  })
})

describe('manager options per node', () => {
  test('--cmd, --executable, --append, --kind', () => {
    const nodes = accept('start a b --cmd:1=sleep --executable:b=/opt/%n/python --append:2=x --kind:1=command').nodes
    expect(nodes.map(({ cmd, executable, append, kind }) => ({ cmd, executable, append, kind }))).toEqual([
      { cmd: ['sleep'], kind: 'command' },
      { executable: '/opt/b/python', append: ['x'] },
    ])
    expect(nodes.map(optionsOf)).toEqual([[], []])
  })
  test('settings have no selector', () => expect(refuse('stop w1 --timeout:1=3').argument).toBe('--timeout:1=3'))
})

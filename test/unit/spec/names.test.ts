import { describe, expect, test } from 'vitest'
import { accept, names } from './line.ts'

describe('names', () => {
  test.each([
    ['start w1 w2', 'w1@vm.example.org w2@vm.example.org'],
    ['start 3', 'celery1@vm.example.org celery2@vm.example.org celery3@vm.example.org'],
    ['start 03', 'celery1@vm.example.org celery2@vm.example.org celery3@vm.example.org'],
    ['start 3 4', '3@vm.example.org 4@vm.example.org'],
    ['start 2 --range-prefix=img-', 'img-1@vm.example.org img-2@vm.example.org'],
    ['start 2 --prefix=x', 'celery1@vm.example.org celery2@vm.example.org'],
    ['start a b@c --prefix=x-', 'x-a@vm.example.org b@c'],
    ['start a --suffix=s', 'a@s'],
    ['start a --suffix=""', 'a@'],
    ["start a --suffix='' --prefix=''", 'a@'],
    ['start a --suffix= --prefix=', 'a@vm.example.org'],
    ['start a b@c -n h', 'a@h b@c'],
    ['start a --hostname=h', 'a@h'],
    ['start a --hostname h -n i', 'a@i'],
    ['start a --hostname=h --suffix=s', 'a@s'],
    ['start a@%h b@%n c@%d', 'a@vm.example.org b@vm c@example.org'],
    ['start a -n %d', 'a@example.org'],
  ])('%s', (line, expected) => expect(names(line)).toEqual(expected.split(' ')))
})

test('indexes count from 1 in the order typed', () => {
  expect(accept('start b a c').nodes.map(({ index, short }) => `${index}${short}`)).toEqual(['1b', '2a', '3c'])
})

test('the fleet is the caller’s', () => expect(accept('start a').nodes[0]?.fleet).toBe('/srv/app'))

describe('positional words', () => {
  test('the template is no node', () => {
    const { positional, nodes } = accept('expand --workdir=/x %n.pid 2')
    expect([positional, nodes.length]).toEqual(['%n.pid', 2])
  })
  test('the name to get', () => expect(accept('get w2@vm.example.org w1 w2').positional).toBe('w2@vm.example.org'))
})

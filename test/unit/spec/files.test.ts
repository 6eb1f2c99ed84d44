import { describe, expect, test } from 'vitest'
import { expandTemplate, parseLine } from '../../../src/spec/index.ts'
import { accept, facts, grammar, refuse } from './line.ts'

const first = (line: string) => {
  const node = accept(`start w1 ${line}`).nodes[0]
  return {
    pidfile: node?.pidfile,
    logfile: node?.logfile,
    options: node?.options.map(({ name, value }) => `${name}=${value}`),
  }
}

test('the defaults, in Celery’s order', () => {
  expect(first('-c 3')).toEqual({
    pidfile: '/run/multi/w1.pid',
    logfile: '/var/log/multi/w1.log',
    options: ['-c=3', '-n=w1@vm.example.org', '--pidfile=/run/multi/w1.pid', '--logfile=/var/log/multi/w1%I.log'],
  })
})

test('given ones stay where they were typed, absolute, in the spelling that workers know', () => {
  expect(first('-p run/%n.pid -c 3 -f ../%n-%i%I.log')).toEqual({
    pidfile: '/srv/app/run/w1.pid',
    logfile: '/srv/w1-0.log',
    options: ['--pidfile=/srv/app/run/w1.pid', '-c=3', '--logfile=/srv/w1-%i%I.log', '-n=w1@vm.example.org'],
  })
})

test('given says which were', () => {
  expect(accept('start a b --pidfile:1=x -f %n').nodes.map(({ given }) => given)).toEqual([
    { pidfile: true, logfile: true },
    { pidfile: false, logfile: true },
  ])
})

test('per node', () => {
  expect(accept('start a b --pidfile=/r/%n -p:b /s/%n').nodes.map(({ pidfile }) => pidfile)).toEqual(['/r/a', '/s/b'])
})

test('a percent sign in a directory that the user did not type is no template', () => {
  const odd = { ...facts, cwd: '/a%n', runDirectory: '/r%y', logDirectory: '/l%I' }
  const line = parseLine(['w1', '--logfile:1=100%%.log'], grammar, odd, { takesSignal: false, allowNoNodes: false })
  expect(line).toMatchObject({ value: { nodes: [{ pidfile: '/r%y/w1.pid', logfile: '/a%n/100%.log' }] } })
})

describe('no file', () => {
  test.each([
    ['--pidfile=', 'write --pidfile=%n.pid'],
    ['--pidfile=/run/', 'write --pidfile=/run/%n.pid'],
    ['-f /log/', 'write -f /log/%n%I.log'],
  ])('%s', (typed, hint) => expect(refuse(`start w1 ${typed}`)).toMatchObject({ argument: typed, hint }))
})

describe('expandTemplate', () => {
  const node = { name: 'w1@vm.x', short: 'w1', host: 'vm.x' }
  test.each([
    ['%n', 'w1'],
    ['%N', 'w1'],
    ['%h', 'w1@vm.x'],
    ['%p', 'w1@vm.x'],
    ['%d', 'vm.x'],
    ['%i%I', '%i%I'],
    ['%%', '%'],
    ['%%n', '%n'],
    ['100% -%', '100% -%'],
    ['/run/%n-%n.pid', '/run/w1-w1.pid'],
  ])('%s', (template, value) => expect(expandTemplate(template, node)).toEqual({ ok: true, value }))
})

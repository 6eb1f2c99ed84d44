import { describe, expect, it } from 'vitest'
import { readOptions } from '../../../src/worker/options.ts'

const read = (...argv: string[]) => {
  const options = readOptions(['-A', './x.mjs', ...argv])
  if (!options.ok) throw new Error(options.error)
  return options.value
}
const problem = (...argv: string[]) => {
  const options = readOptions(argv)
  return options.ok ? undefined : options.error
}

it('reads what a plan writes', () => {
  const line = '-A /a/x.mjs:images -Q a,b -c 4 --loglevel=DEBUG -n w1@h --pidfile=/p --logfile=/l%I --uid=33 --gid=34'
  expect(readOptions([...line.split(' '), '--', '--own', '-x'])).toEqual({
    ok: true,
    value: {
      app: '/a/x.mjs:images',
      name: 'w1@h',
      queues: ['a', 'b'],
      concurrency: 4,
      logLevel: 'debug',
      pool: 'async',
      pidfile: '/p',
      logfile: '/l%I',
      uid: '33',
      gid: '34',
      args: ['--own', '-x'],
    },
  })
})

it('has defaults for what is not given', () => {
  const queues: string[] = []
  const pool = 'async'
  expect(read()).toEqual({ app: './x.mjs', name: 'worker', queues, concurrency: 1, logLevel: 'info', pool, args: [] })
})

describe('log levels', () => {
  it.each([
    ['WARNING', 'warn'],
    ['warn', 'warn'],
    ['CRITICAL', 'error'],
    ['FATAL', 'error'],
    ['Info', 'info'],
  ])('%s is %s', (typed, level) => {
    expect(read('-l', typed).logLevel).toBe(level)
    expect(read('-L', typed).logLevel).toBe(level)
  })
})

it.each([
  [['-c', '2']],
  [['-A', 'x', '-c', '0']],
  [['-A', 'x', '-c', 'many']],
  [['-A', 'x', '-l', 'loud']],
  [['-A', 'x', '--umask', '9']],
  [['-A', 'x', '--uid', '4294967295']],
  [['-A', 'x', '--uid', '33', '--gid', '4294967296']],
  [['-A', 'x', '--what']],
  [['-A', 'x', 'bare']],
  [['-A', 'x', '-P', 'gevent']],
  [['-A', 'x', '-P', 'prefork', '--autoscale', '1,2']],
  [['-A', 'x', '-P', 'prefork', '--autoscale', '2,0']],
  [['-A', 'x', '-P', 'prefork', '--autoscale', '2,1,1']],
  [['-A', 'x', '-P', 'prefork', '--max-tasks-per-child', '0']],
  [['-A', 'x', '-P', 'prefork', '--max-memory-per-child', '1.5']],
])('%j is refused in one line', (argv) => {
  expect(problem(...argv)).toMatch(/^.+$/)
})

describe('the children of a pool', () => {
  it.each([
    ['--max-tasks-per-child=9', { maxTasks: 9 }],
    ['--maxtasksperchild=9', { maxTasks: 9 }],
    ['--max-memory-per-child=200000', { maxMemory: 200_000 }],
    ['--maxmemperchild=200000', { maxMemory: 200_000 }],
    ['--autoscale=8,2', { autoscale: { max: 8, min: 2 } }],
    ['--autoscale=8', { autoscale: { max: 8, min: 1 } }],
  ])('%s is read, and refused without -P prefork', (option, value) => {
    expect(read('-P', 'prefork', option)).toMatchObject(value)
    expect(problem('-A', 'x', option)).toContain('need -P prefork')
    expect(problem('-A', 'x', '-P', 'async', option)).toContain('need -P prefork')
  })
})

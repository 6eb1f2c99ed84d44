import { describe, expect, it } from 'vitest'
import { celeryOptions } from '../../../src/kinds/celery/options.ts'
import { grammarFor } from '../../../src/kinds/index.ts'

const isCommand = (line: readonly string[], cmd?: string) =>
  !grammarFor(line, [], cmd).options.some((rule) => rule === celeryOptions[0])

describe('a line is read as one of a command', () => {
  it.each([
    [['w1', '--cmd=sleep 1']],
    [['w1', '--cmd', 'sleep 1']],
    [['w1', '--kind=command']],
    [['w1', '--cmd=celery worker', '--cmd=sleep 1']],
    [['w1', '--cmd=celery beat']],
    // An option that lacks its value swallows nothing.
    [['w1', '-l', '--cmd=sleep 1']],
  ])('%j', (line) => expect(isCommand(line)).toBe(true))

  it('by MULTI_CMD', () => expect(isCommand(['w1'], 'sleep 1')).toBe(true))
})

describe('a line is read as one of a worker', () => {
  it.each([
    [['w1', '-A', 'proj']],
    [['w1', '--cmd=celery worker']],
    [['w1', '--cmd=-m celery worker --detach']],
    [['w1', '--cmd=sleep 1', '--kind=celery']],
    [['w1', '--cmd:1=sleep 1']],
    [['w1', '--', '--cmd=sleep 1']],
    [["--cmd='open"]],
  ])('%j', (line) => expect(isCommand(line)).toBe(false))

  it('also with MULTI_CMD, when --cmd says so', () => expect(isCommand(['--cmd=celery worker'], 'sleep 1')).toBe(false))
})

it('with a command of one node keeps what is repeated, as that command may mean it', () => {
  expect(grammarFor(['w1', 'w2', '--cmd:w1=sleep 1'], []).unknownRepeat).toBe('all')
  expect(grammarFor(['w1', 'w2', '--cmd:w1=celery worker'], []).unknownRepeat).toBe('last')
  expect(grammarFor(['w1', '--cmd=sleep 1'], []).unknownRepeat).toBe('all')
})

it('carries the settings of the verb', () => {
  const setting = { names: ['--timeout'], arity: 'value', setting: true } as const
  expect(grammarFor([], [setting]).options).toContain(setting)
  expect(grammarFor(['--kind=command'], [setting]).options).toContain(setting)
})

it('no two options of Celery have a name in common', () => {
  const names = celeryOptions.flatMap((rule) => rule.names)
  expect(new Set(names).size).toBe(names.length)
})

import { describe, expect, test } from 'vitest'
import { accept, names, refuse, summary } from './line.ts'

describe('short options', () => {
  test.each([
    ['-c 10', '-c=10'],
    ['-c10', '-c=10'],
    ['-Ofair', '-O=fair'],
    ['-lINFO', '-l=INFO'],
    ['-Aproj:app', '-A=proj:app'],
    ['-A proj:app', '-A=proj:app'],
    ['-x 1', '-x=1'],
    ['-x -y', '-x -y'],
    ['-xyz 1', '-xyz=1'],
    ['-Zfoo=bar', '-Zfoo=bar'],
    ['-C', '-C'],
  ])('%s', (typed, options) => expect(summary(`start w1 ${typed}`)).toEqual([`w1: ${options}`]))
  test('a value with = in front', () =>
    expect(refuse('start w1 -c=3')).toMatchObject({ argument: '-c=3', hint: 'write -c 3' }))
  test('a missing value', () => expect(refuse('start w1 -c')).toMatchObject({ hint: 'write -c VALUE' }))
  test('a lone dash', () => expect(refuse('start w1 -').message).toBe('- is neither an option nor a node'))
  test.each(['--=3', '--:1=3', '-:1', '-=x'])('%s is no option', (typed) =>
    expect(refuse(`start w1 ${typed}`).message).toBe(`${typed} is not an option`),
  )
})

describe('long options', () => {
  test('a colon behind the = is value', () =>
    expect(summary('start w1 --broker=redis://h:6379/0')).toEqual(['w1: --broker=redis://h:6379/0']))
  test('a second = too', () => expect(summary('start w1 --x=a=b')).toEqual(['w1: --x=a=b']))
  test('an empty value stays empty', () =>
    expect(accept('start w1 --x=').nodes[0]?.options[0]).toEqual({ name: '--x', value: '' }))
  test('an unknown one that looks like a known one is handed on with a warning', () =>
    expect(accept('restart w1 --timeot=3').warnings).toEqual([
      '--timeot is not known and goes to the worker as it is; did you mean --timeout?',
    ]))
})

describe('a verb that hands nothing to a worker', () => {
  test.each([
    ['kill --timeot=mail', '--timeot', '--timeout'],
    ['kill --pidfle=/run/w1.pid', '--pidfle', '--pidfile'],
    ['kill --sufix mail', '--sufix', '--suffix'],
    ['stop w1 --jsno', '--jsno', '--json'],
  ])('refuses %s: %s is nearly one of multi’s own', (line, argument, meant) =>
    expect(refuse(line)).toMatchObject({ message: `${argument} is not known`, hint: `did you mean ${meant}?` }),
  )
  test.each([
    'stop w1 -A proj --workdir=/srv --loglevel=INFO -c3 -Q:1 images --autoscale=8,2 --time-limit=300 -S state --statedb=state',
    'stop w1 --logevel=INFO --frobnicate --my-option=3',
  ])('leaves a worker’s options out, also those that nobody knows: %s', (line) =>
    expect(accept(line).warnings).toEqual([]),
  )
})

describe('settings', () => {
  const settings = (line: string) => Object.fromEntries(accept(line).settings)
  test('are consumed', () => {
    const line = 'stop w1 --json --timeout 5 --verbose -q --nosplash --no-color --rolling'
    expect(settings(line)).toEqual({
      '--json': true,
      '--timeout': '5',
      '--verbose': true,
      '--quiet': true,
      '--nosplash': true,
      '--no-color': true,
      '--rolling': true,
    })
    expect(summary(line)).toEqual(['w1:'])
  })
  test('an optional value needs =', () => {
    expect(settings('restart --rolling=2 w1')).toEqual({ '--rolling': '2' })
    expect(names('restart --rolling w1')).toEqual(['w1@vm.example.org'])
  })
  test('the last one counts', () => expect(settings('stop w1 --timeout=1 --timeout=2')).toEqual({ '--timeout': '2' }))
})

describe('signals', () => {
  test.each([
    ['stop w1 -9', 'KILL'],
    ['stop w1 -15', 'TERM'],
    ['stop w1 -INT', 'INT'],
    ['restart w1 -c 3 -SIGQUIT --json', 'QUIT'],
    ['stop -HUP w1', 'HUP'],
    ['stop w1 -INT -TERM', 'TERM'],
  ])('%s', (line, signal) => expect(accept(line).signal).toBe(signal))
  test('is consumed, and not a worker option', () => {
    const line = accept('restart w1 -INT')
    expect(line.hasWorkerOptions).toBe(false)
    expect(line.nodes[0]?.options.map(({ name }) => name)).toEqual(['-n', '--pidfile', '--logfile'])
  })
  test('is an option where none is taken', () => {
    expect(accept('start w1 -9').signal).toBeUndefined()
    expect(summary('start w1 -9')).toEqual(['w1: -9'])
    expect(summary('start w1 -INT')).toEqual(['w1: -I=NT'])
  })
  test.each([
    ['-TEMR', 'did you mean -TERM?'],
    ['-SIGFOO', 'such as -9, -INT or -SIGINT'],
    ['-FOO', 'such as -9, -INT or -SIGINT'],
    ['-SIGKIL', 'did you mean -KILL?'],
    ['-99', 'such as -9, -INT or -SIGINT'],
    ['-0', 'such as -9, -INT or -SIGINT'],
  ])('%s is none', (typed, hint) => expect(refuse(`stop w1 ${typed}`)).toMatchObject({ argument: typed, hint }))
  test.each([
    ['kill -s HUP w1', '-s', '-HUP'],
    ['stop -s 9 w1', '-s', '-KILL'],
    ['kill w1 -term', '-term', '-TERM'],
    ['stop w1 --signal=int', '--signal=int', '-INT'],
    ['stop --signal quit w1', '--signal', '-QUIT'],
    ['stop --signal=bogus w1', '--signal=bogus', '-INT'],
  ])('is not left out where it is given in another way: %s', (line, argument, written) =>
    expect(refuse(line)).toEqual({
      reason: 'usage',
      message: `${argument} is not how a signal is given`,
      argument,
      hint: `write ${written}`,
    }),
  )
  test('the schedule of Celery’s beat is none', () => expect(accept('stop w1 -s /run/beat').signal).toBeUndefined())
  test('a known letter with a value in capitals stays one', () =>
    expect(summary('restart w1 -QHIGH')).toEqual(['w1: -Q=HIGH']))
})

describe('hasWorkerOptions', () => {
  test.each([
    ['restart w1', false],
    ['restart w1 --pidfile=x -f y --prefix=p -n h --json -9', false],
    ['restart w1 -c 3', true],
    ['restart w1 -x:1 3', true],
    ['restart w1 --cmd=x', true],
    ['restart w1 --executable=x', true],
    ['restart w1 -- x', true],
    ['restart w1 --', false],
  ])('%s', (line, expected) => expect(accept(line).hasWorkerOptions).toBe(expected))
})

describe('positional words are needed', () => {
  test('expand', () => expect(refuse('expand').message).toBe('the template is missing'))
  test('expand with an empty template', () =>
    expect(refuse(['expand', '', 'w1']).message).toBe('the template is empty'))
  test('get without nodes', () => expect(refuse('get w1').message).toBe('no node is named'))
})

import { describe, expect, test } from 'vitest'
import { expandTemplate } from '../../../src/spec/index.ts'
import { accept, names, optionsOf, refuse, summary } from './line.ts'

describe('indexes and ranges work with named nodes too', () => {
  test('foo bar baz -c:1-2 9', () =>
    expect(summary('start foo bar baz -c:1-2 9')).toEqual(['foo: -c=9', 'bar: -c=9', 'baz:']))
  test('foo bar baz -c:1,2 9', () =>
    expect(summary('start foo bar baz -c:1,2 9')).toEqual(['foo: -c=9', 'bar: -c=9', 'baz:']))
  test('mixed with names', () =>
    expect(summary('start foo bar baz qux -c:1-2,qux 9')).toEqual(['foo: -c=9', 'bar: -c=9', 'baz:', 'qux: -c=9']))
})

describe('a selector that selects nothing is a usage error', () => {
  test('-c:typo 3 names the selector and the nearest node', () =>
    expect(refuse('start type foo -c:typo 3')).toEqual({
      reason: 'usage',
      message: '-c:typo: no node is called typo',
      argument: '-c:typo',
      hint: 'did you mean type?',
    }))
  test('without a near name the hint lists the nodes', () =>
    expect(refuse('start foo bar -c:xyzzy 3').hint).toBe('the nodes are foo@vm.example.org, bar@vm.example.org'))
  test('3 -c:7 3', () =>
    expect(refuse('start 3 -c:7 3')).toMatchObject({
      message: '-c:7: no node has the position 7',
      hint: 'there are 3 nodes, 1 to 3',
    }))
  test('3 -c:0 3', () => expect(refuse('start 3 -c:0 3').message).toBe('-c:0: no node has the position 0'))
  test('3 -c:2-9 3', () => expect(refuse('start 3 -c:2-9 3').message).toBe('-c:2-9: no node has the position 9'))
  test('3 -c:3-1 3', () =>
    expect(refuse('start 3 -c:3-1 3')).toMatchObject({
      message: '-c:3-1: the range 3-1 runs backwards',
      hint: 'write 1-3',
    }))
  test('an empty element', () =>
    expect(refuse('start 3 -c:1,,2 3').message).toBe('-c:1,,2: an empty name selects no node'))
  test('an empty selector', () =>
    expect(refuse('start 3 -c: 3')).toMatchObject({ argument: '-c:', hint: 'write -c:1 or -c:NAME' }))
})

describe('the full short name selects in a range too', () => {
  test('3 -c:celery2 3', () =>
    expect(summary('start 3 -c:celery2 3')).toEqual(['celery1:', 'celery2: -c=3', 'celery3:']))
  test('with a prefix', () => expect(summary('start a b --prefix=x- -c:x-b 3 -E:a')).toEqual(['x-a: -E', 'x-b: -c=3']))
})

describe('flags of the worker take no value', () => {
  test('start -E w1', () => expect(summary('start -E w1')).toEqual(['w1: -E']))
  test('w1 -E w2', () => expect(summary('start w1 -E w2')).toEqual(['w1: -E', 'w2: -E']))
  test('several flags in one argument', () =>
    expect(summary('start -BE w1 -BE:2 w2')).toEqual(['w1: -B -E', 'w2: -B -E']))
  test('a value for a flag is refused', () =>
    expect(refuse('start w1 --beat=yes')).toMatchObject({ message: '--beat=yes takes no value', hint: 'write --beat' }))
})

describe('long options and the next word', () => {
  test('w1 --loglevel INFO', () => expect(summary('start w1 --loglevel INFO')).toEqual(['w1: --loglevel=INFO']))
  test('with a selector', () =>
    expect(summary('start w1 w2 --loglevel:2 INFO')).toEqual(['w1:', 'w2: --loglevel=INFO']))
  test('one that misses its value', () =>
    expect(refuse('start w1 --loglevel -E')).toMatchObject({
      message: '--loglevel needs a value',
      hint: 'write --loglevel=VALUE',
    }))
  test('an unknown one before a bare word behind the names is refused', () =>
    expect(refuse('start w1 --frobnicate INFO')).toMatchObject({
      argument: '--frobnicate',
      hint: 'write --frobnicate=INFO, or, if INFO is a node, write it before the options',
    }))
  test('and the one that was probably meant is named', () =>
    expect(refuse('start w1 --logevel INFO').hint).toMatch(/^did you mean --loglevel\? /))
  test('an unknown one before the names is a flag', () =>
    expect(summary('start --frobnicate w1')).toEqual(['w1: --frobnicate']))
})

describe('no nodes', () => {
  test('start', () => expect(refuse('start').message).toBe('no node is named'))
  test('start with options only', () => expect(refuse('start -A app').message).toBe('no node is named'))
  test('start 0', () => expect(refuse('start 0')).toMatchObject({ message: '0 nodes cannot be meant', argument: '0' }))
  test('start -3', () => expect(refuse('start -3')).toMatchObject({ argument: '-3', hint: 'write 3' }))
  test('start 10001', () => expect(refuse('start 10001').argument).toBe('10001'))
  test('start 9e99 as digits', () => expect(refuse(`start ${'9'.repeat(400)}`).reason).toBe('usage'))
  test.each(['stop', 'kill', 'restart'])('an empty one does not mean all: %s ""', (verb) =>
    expect(refuse([verb, ''])).toMatchObject({
      message: 'no node is named, and an empty argument names none',
      hint: 'leave it out where the whole fleet is meant',
    }),
  )
  test('nor does a selector without the nodes that it is for', () =>
    expect(refuse('restart -c:p2 4')).toMatchObject({
      message: 'no node is named, so -c:p2 selects none',
      hint: 'name the nodes, as p2',
    }))
  test('stop means all recorded ones', () => expect(accept('stop').nodes).toEqual([]))
  test('but not when an unknown option swallowed the node', () =>
    expect(refuse('stop -x w1')).toMatchObject({
      message: '-x is not known and takes w1 as its value',
      hint: 'if w1 is a node, write it before the options',
    }))
  test('nor does it swallow the first of several where no worker gets it', () => {
    expect(refuse('kill -v w1 w2').message).toBe('-v is not known and takes w1 as its value')
    expect(names('kill w1 -v 2 w2')).toEqual(['w1@vm.example.org', 'w2@vm.example.org'])
  })
  test.each([
    ['stop -n w1', '-n'],
    ['kill --hostname=w1', '--hostname=w1'],
    ['stop --pidfile=/run/w1.pid', '--pidfile=/run/w1.pid'],
    ['stop --name=w1', '--name=w1'],
    ['kill -w1', '-w1'],
    ['stop -A app', '-A'],
    ['kill -f /var/log/w1.log', '-f'],
    ['stop -- w1', '--'],
    ['restart -n w1', '-n'],
    ['restart -p /run/w1.pid -c 8', '-p'],
    ['restart --prefix=w', '--prefix=w'],
  ])('nor when what was written is for nodes that are named: %s', (line, argument) =>
    expect(refuse(line)).toEqual({
      reason: 'usage',
      message: `no node is named, and ${argument} alone names none`,
      argument,
      hint: 'write nodes as plain words, before the options; leave it out where the whole fleet is meant',
    }),
  )
  test.each(['stop --timeout=5', 'kill -q', 'stop -INT', 'stop --', 'restart -c 8', 'restart -f %n.log'])(
    'what is for the whole command, or for each node of it, is taken: %s',
    (line) => expect(accept(line).nodes).toEqual([]),
  )
  test('a number or a signal swallows no node: kill -9 w1', () =>
    expect(['kill -9 w1', 'kill -KILL w1', 'stop -9 w1', 'stop -TERM w1'].map((line) => names(line))).toEqual(
      Array(4).fill(['w1@vm.example.org']),
    ))
})

describe('two nodes that are one', () => {
  test('w1 w1', () =>
    expect(refuse('start w1 x w1').message).toBe('w1@vm.example.org is named twice, as node 1 and node 3'))
  test('one written in two ways', () =>
    expect(refuse('start w1 w1@%h').message).toBe('w1@vm.example.org is named twice, as node 1 and node 2'))
  test('one pidfile for two nodes names both', () =>
    expect(refuse('start w1 w2 --pidfile=run/x.pid')).toEqual({
      reason: 'usage',
      message: 'w1@vm.example.org and w2@vm.example.org have one pidfile, /srv/app/run/x.pid',
      argument: '/srv/app/run/x.pid',
      hint: 'write --pidfile with %n in it',
    }))
  test('one short name on two hosts', () =>
    expect(refuse('start w1@a w1@b').hint).toBe('write --pidfile with %h in it'))
  test('is accepted with %h', () => expect(names('start w1@a w1@b --pidfile=%h.pid')).toEqual(['w1@a', 'w1@b']))
})

describe('a pidfile or log that is another file already', () => {
  test('one file for pidfile and log', () =>
    expect(refuse('start w1 -p run/x -f run/x')).toEqual({
      reason: 'usage',
      message: '/srv/app/run/x would be pidfile and log of w1@vm.example.org',
      argument: '/srv/app/run/x',
      hint: 'name another with --pidfile or --logfile',
    }))
  test('the log of another node', () =>
    expect(refuse('start w1 w2 -p:w1 x.log -f:w2 x.log').message).toBe(
      '/srv/app/x.log would be the pidfile of w1@vm.example.org and the log of w2@vm.example.org',
    ))
  test.each([
    ['-p', '.w1.pid.multi.json'],
    ['-p', 'run/.w1.pid.multi.json.71-9'],
    ['-p', '.w1.pid.multi.claim.3'],
    ['-p', '.multi.lock'],
    ['-f', '.w1.pid.multi.json'],
  ])('%s %s is a file of multi itself', (option, file) =>
    expect(refuse(`stop w1 ${option} ${file}`).message).toBe(`/srv/app/${file} is a file of multi itself`),
  )
  test.each(['.multi.pid', 'multi.lock', '.w1.pid', 'x.multi.pid'])('%s is none', (file) =>
    expect(names(`start w1 -p ${file}`)).toEqual(['w1@vm.example.org']),
  )
})

describe('one logfile for two nodes is accepted with a warning', () => {
  test.each(['celery.log', '/dev/stdout', '/dev/null'])('%s', (path) => {
    const { warnings } = accept(`start w1 w2 --logfile=${path}`)
    const file = path.startsWith('/') ? path : `/srv/app/${path}`
    expect(warnings).toEqual([
      `w1@vm.example.org and w2@vm.example.org log to one file, ${file}; %n in --logfile gives each its own`,
    ])
  })
  test('of many nodes two are named', () =>
    expect(accept('start 9 --logfile=/dev/null').warnings).toEqual([
      expect.stringMatching(/^celery1@vm.example.org, celery2@vm.example.org and 7 more log to one file/),
    ]))
})

describe('the name of a node is not an option', () => {
  test('-n:1 foo', () =>
    expect(refuse('start w1 -n:1 foo')).toMatchObject({ argument: '-n:1', hint: 'write the node as name@host' }))
  test('-n foo@%h', () =>
    expect(refuse('start w1 -n foo@%h')).toMatchObject({
      message: '-n foo@%h: -n is what stands behind the @ of every node',
      hint: 'write the node itself as foo@%h, or -n %h',
    }))
  test('--suffix=@foo', () => expect(refuse('start w1 --suffix=@foo').argument).toBe('--suffix=@foo'))
  test.each(['--prefix:1=x', '--suffix:w1=x', '--range-prefix:1=x'])('%s', (option) =>
    expect(refuse(`start w1 ${option}`).message).toContain('for the whole command'),
  )
})

test('-c:a@x 9 -Q:a foo: the options of the short name stay', () => {
  expect(summary('start a@x b -c:a@x 9 -Q:a foo')).toEqual(['a: -Q=foo -c=9', 'b:'])
})

describe('argv is an array from end to end', () => {
  test('a value with blanks', () =>
    expect(summary(['start', 'w1', '--schedule=/a dir/$HOME "x"'])).toEqual(['w1: --schedule=/a dir/$HOME "x"']))
  test('-- a b', () =>
    expect(accept(['start', 'w1', '--', 'a b', '', "it's", '--', '%n']).nodes[0]?.passthrough).toEqual([
      'a b',
      '',
      "it's",
      '--',
      '%n',
    ]))
  test('--cmd is split as by sh, then expanded: a quote in a name changes nothing', () => {
    const [node] = accept(['start', 'a"b', '--cmd=/opt/my\\ app/run "x  y" \'$HOME\' %n']).nodes
    expect(node?.cmd).toEqual(['/opt/my app/run', 'x  y', '$HOME', 'a"b'])
  })
  test('--append', () =>
    expect(accept(['start', 'w1', '--append=--x="a b" %h']).nodes[0]?.append).toEqual(['--x=a b', 'w1@vm.example.org']))
  test('an unbalanced quote', () =>
    expect(refuse(['start', 'w1', '--cmd=echo "x'])).toMatchObject({ message: '--cmd=echo "x has an unbalanced "' }))
})

describe('unknown %x', () => {
  test('in an option', () =>
    expect(refuse('start w1 --loglevel=%y')).toMatchObject({
      message: '--loglevel=%y: %y is unknown',
      hint: 'known are %n %N %h %p %d %i %I %%; a percent sign is %%',
    }))
  test('in a short option', () => expect(refuse('start w1 -s a%y').message).toBe('-s: %y is unknown in "a%y"'))
  test('in a pidfile', () => expect(refuse('start w1 --pidfile=/run/%x.pid').argument).toBe('--pidfile=/run/%x.pid'))
  test('in a name', () => expect(refuse('start w%y').message).toContain('%y is unknown'))
  test('in expand', () =>
    expect(expandTemplate('/run/%q', { name: 'a@b', short: 'a', host: 'b' })).toMatchObject({
      ok: false,
      error: { message: '/run/%q: %q is unknown', argument: '/run/%q' },
    }))
})

test('%% is a percent sign', () => {
  expect(summary('start w1 --x=100%% --y=%%n --z=50%')).toEqual(['w1: --x=100% --y=%n --z=50%'])
})

test('--cmd without the word celery: any program', () => {
  expect(accept(['start', 'w1', '--cmd=sleep 60']).nodes[0]?.cmd).toEqual(['sleep', '60'])
})

test('two -I are joined', () => {
  expect(summary('start w1 w2 -I a,b --include=c -I:2 d -I:2 e')).toEqual(['w1: -I=a,b,c', 'w2: -I=d,e'])
})

describe('names that cannot be file names', () => {
  test.each(['a/b', '..', '../x', 'a..b', 'x@../y', '/', '@h', 'a@b@c'])('%s', (name) =>
    expect(refuse(`start ${name}`).reason).toBe('usage'),
  )
  test.each(['a\0b', 'a\nb', 'a\tb', 'a\x1b[31mb'])('%j', (name) => {
    const { message } = refuse(['start', name])
    expect(message).toContain('cannot contain control characters')
    expect(message).not.toMatch(/\p{Cc}/u)
  })
  test.each(['w1,w2', 'w*', 'w?', 'w*@%h'])('meant for several nodes: %s', (name) =>
    expect(refuse(`stop ${name}`)).toMatchObject({
      message: expect.stringMatching(/a node name cannot contain [,*?]$/),
      argument: name,
      hint: 'write each node as a word of its own; where none is named, the whole fleet is meant',
    }),
  )
  test('several in one word, as systemd makes of ${NODES}', () =>
    expect(refuse(['stopwait', 'w1 w2'])).toMatchObject({
      message: 'w1 w2 (w1 w2@vm.example.org): a node name cannot contain a blank',
      hint: 'write each node as a word of its own (in a systemd unit $NODES, not ${NODES}); where none is named, the whole fleet is meant',
    }))
  test('made by a prefix', () => expect(refuse('start w1 --prefix=../').message).toContain('w1 (../w1@'))
})

test.each(['--timeout', '--pidfile', '-n'])('%s does not take the next word where its value is empty', (option) =>
  expect(refuse(['stop', option, '', 'w1'])).toEqual({
    reason: 'usage',
    message: `${option} needs a value, and the argument behind it is empty`,
    argument: option,
    hint: `write ${option} VALUE`,
  }),
)

test('empty arguments are dropped', () => {
  expect(summary(['', 'start', '', 'w1', '-c', '', '3', ''])).toEqual(['w1: -c=3'])
})

test('expand and show touch nothing: a template is handed back as it is', () => {
  expect(accept('expand /no/where/%n%I 2').positional).toBe('/no/where/%n%I')
  expect(optionsOf(accept('show w1').nodes[0])).toEqual([])
})

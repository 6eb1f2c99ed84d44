import { describe, expect, it } from 'vitest'
import { type Machine, planned, refused } from './machine.ts'

const machine: Machine = {
  programs: ['/usr/bin/sleep', '/usr/bin/setpriv', '/srv/run', '/srv/app/run'],
  files: {
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nwww:x:33:34:w:/var/www:/bin/sh',
    '/etc/group': 'adm:x:4:\nwww:x:34:',
  },
}
const argvOf = async (line: readonly string[], on = machine) => (await planned(line, on)).argv
const PRIV = '/usr/bin/setpriv'

describe('the command line', () => {
  it('is the command, the options as given, all of those that repeat, and nothing of ours', async () => {
    const line = [
      'w1',
      '--cmd=sleep 100',
      '--foo=1',
      '--foo=2',
      '-x',
      'y',
      '--pidfile=p',
      '--append=z',
      '--',
      '--',
      'a b',
    ]
    expect(await argvOf(line)).toEqual([
      '/usr/bin/sleep',
      '100',
      '--foo=1',
      '--foo=2',
      '-x',
      'y',
      '--',
      '--',
      'a b',
      'z',
    ])
  })

  it('has %i and %I as a process without a pool: 0 and nothing', async () => {
    expect(await argvOf(['w1', '--cmd=sleep %n%I.%i', '--to=%i'])).toEqual(['/usr/bin/sleep', 'w1.0', '--to=0'])
  })

  it('takes a path from where the worker runs', async () => {
    expect(await argvOf(['w1', '--cmd=./run'])).toEqual(['/srv/run'])
    expect(await argvOf(['w1', '--cmd=./run', '--workdir=app'])).toEqual(['/srv/app/run'])
  })

  it('says that --executable is not used', async () => {
    const plan = await planned(['w1', '--cmd=sleep 1', '--executable=/usr/bin/python3'], machine)
    expect(plan.notes).toEqual([expect.stringContaining('--executable')])
  })
})

describe('the plan', () => {
  it('keeps the pidfile for it, and knows it to be ready by its being alive', async () => {
    const plan = await planned(['w1', '--cmd=sleep 1', '--umask=0077', '--logfile=x%I.log'], machine)
    expect(plan).toMatchObject({
      pidfileOwner: 'manager',
      ready: 'alive',
      stop: { warm: 'TERM', cold: 'KILL' },
      umask: 0o77,
      logfile: '/srv/x.log',
    })
  })

  it('tells a missing program from one that may not be run, and from a missing directory', async () => {
    expect(await refused(['w1', '--cmd=nope 1'], machine)).toEqual({
      reason: 'not-found',
      what: 'nope',
      tried: ['/usr/bin/nope'],
    })
    expect(await refused(['w1', '--cmd=./no'], { denied: ['/srv/no'] })).toMatchObject({
      reason: 'denied',
      path: '/srv/no',
    })
    expect(await refused(['w1', '--cmd=nope', '--workdir=/gone'], machine)).toEqual({
      reason: 'no-directory',
      path: '/gone',
      what: '--workdir',
    })
    expect(
      await refused(['w1', '--cmd=sleep', '--workdir=/shut'], {
        ...machine,
        directories: ['/shut'],
        denied: ['/shut'],
      }),
    ).toMatchObject({ reason: 'denied', path: '/shut' })
  })

  it('searches PATH as execvp does: relative and empty parts count from the directory', async () => {
    expect(await argvOf(['w1', '--cmd=run'], { ...machine, env: { PATH: '/x::/usr/bin' } })).toEqual(['/srv/run'])
    expect(await argvOf(['w1', '--cmd=run'], { ...machine, env: { PATH: 'app' } })).toEqual(['/srv/app/run'])
  })

  it('wants an octal umask', async () => {
    expect(await refused(['w1', '--cmd=sleep', '--umask=9'], machine)).toMatchObject({
      reason: 'usage',
      argument: '--umask',
    })
  })
})

describe('another user', () => {
  it('by setpriv, with all groups and the home of the user', async () => {
    const plan = await planned(['w1', '--cmd=sleep 1', '--uid=www'], machine)
    expect(plan.argv).toEqual([PRIV, '--reuid=33', '--regid=34', '--init-groups', '--', '/usr/bin/sleep', '1'])
    expect(plan).toMatchObject({ uid: 33, gid: 34, env: { HOME: '/var/www', USER: 'www', LOGNAME: 'www' } })
  })

  it.each([
    [['--uid=33'], ['--reuid=33', '--regid=34', '--init-groups']],
    [
      ['--uid=www', '--gid=adm'],
      ['--reuid=33', '--regid=4', '--init-groups'],
    ],
    [
      ['--uid=777', '--gid=4'],
      ['--reuid=777', '--regid=4', '--clear-groups'],
    ],
    [['--gid=adm'], ['--regid=4', '--keep-groups']],
  ])('%j is %j', async (options, flags) => {
    expect(await argvOf(['w1', '--cmd=sleep', ...options])).toEqual([PRIV, ...flags, '--', '/usr/bin/sleep'])
  })

  it('of a directory service is asked of getent', async () => {
    const answers = { 'getent passwd ann': 'ann:*:5000:5001:Ann:/home/ann:/bin/sh\n' }
    expect(await planned(['w1', '--cmd=sleep', '--uid=ann'], { ...machine, answers })).toMatchObject({
      uid: 5000,
      gid: 5001,
    })
  })

  it.each([['--uid=nobody-at-all'], ['--uid=777'], ['--gid=nothing']])(
    '%s that does not exist is a usage error',
    async (option) => {
      expect(await refused(['w1', '--cmd=sleep', option], machine)).toMatchObject({ reason: 'usage' })
    },
  )

  it.each(
    ['--cmd=sleep', '-A ./x.mjs', '-A tasks'].flatMap((worker) =>
      [
        '--uid=4294967295',
        '--uid=4294967295 --gid=4',
        '--uid=04294967296',
        '--uid=www --gid=4294967295',
        '--uid=nobody-yet',
      ]
        .concat('--gid=99999999999999999999', '--gid=no-group')
        .map((options) => [`${worker} ${options}`]),
    ),
  )('%s is nobody, and would leave root what it is: a usage error for every kind', async (line) => {
    const rows = { passwd: 'nobody-yet:*:4294967295:4294967295::/:/bin/sh\n', group: 'no-group:*:4294967295:\n' }
    const answers = { 'getent passwd nobody-yet': rows.passwd, 'getent group no-group': rows.group }
    const files = { ...machine.files, '/srv/x.mjs': '' }
    const programs = [...(machine.programs ?? []), '/usr/bin/celery']
    const failure = await refused(['w1', ...line.split(' ')], { ...machine, answers, files, programs })
    expect(failure).toMatchObject({ reason: 'usage', argument: expect.stringMatching(/^--[ug]id$/) })
  })

  it('needs root, unless it is who we are', async () => {
    const asWww = { ...machine, uid: 33 }
    expect(await refused(['w1', '--cmd=sleep', '--uid=root'], asWww)).toMatchObject({ reason: 'denied', user: 'root' })
    expect(await argvOf(['w1', '--cmd=sleep', '--uid=www'], asWww)).toEqual(['/usr/bin/sleep'])
  })

  it('needs setpriv', async () => {
    const failure = await refused(['w1', '--cmd=sleep', '--uid=www'], { ...machine, programs: ['/usr/bin/sleep'] })
    expect(failure).toMatchObject({ reason: 'not-found', what: 'setpriv', hint: expect.stringContaining('util-linux') })
  })
})

describe('Celery as another user', () => {
  const celery = { ...machine, programs: ['/usr/bin/celery'] }

  it('drops privileges itself: the options are handed on as typed', async () => {
    const plan = await planned(['w1', '--uid=www', '--gid=adm'], celery)
    expect(plan).toMatchObject({ uid: 33, gid: 4 })
    expect(plan.argv).toEqual(expect.arrayContaining(['--uid=www', '--gid=adm']))
  })

  it('is not asked to when it is who we are: initgroups would fail', async () => {
    const { argv } = await planned(['w1', '--uid=www'], { ...celery, uid: 33 })
    expect(argv.join(' ')).not.toContain('--uid')
  })
})

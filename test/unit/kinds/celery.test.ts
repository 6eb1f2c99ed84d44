import { describe, expect, it } from 'vitest'
import { CELERY, FILES, type Machine, planAll, planned, refused } from './machine.ts'

/** Without the bridge, which has tests of its own. */
const env = { MULTI_BRIDGE: '0' }
const onPath: Machine = { programs: [CELERY, '/usr/bin/python3'], env }
const PROBE = '-c import celery.__main__'
const argvOf = async (line: readonly string[], machine: Machine = onPath) => (await planned(line, machine)).argv

describe('the command line', () => {
  it('has the global options before worker, the others behind it, as typed', async () => {
    const line = ['w1', '-c', '4', '-A', 'proj', '-l', 'INFO', '--broker=redis://b', '-Ofair', '-E', '--loader=x']
    const globals = ['-A', 'proj', '--broker=redis://b', '--loader=x']
    const own = ['-c', '4', '-l', 'INFO', '-O', 'fair', '-E']
    expect(await argvOf(line)).toEqual([CELERY, ...globals, 'worker', ...own, ...FILES])
  })

  it('hands on what stands behind --, with its --, and then --append', async () => {
    const argv = await argvOf(['w1', '--append=more %n', '--', 'worker.prefetch_multiplier=1', 'a b'])
    expect(argv.slice(-5)).toEqual(['--', 'worker.prefetch_multiplier=1', 'a b', 'more', 'w1'])
  })

  it.each([
    [['-L', 'DEBUG'], '--loglevel=DEBUG'],
    [['--maxtasksperchild', '9'], '--max-tasks-per-child=9'],
    [['--maxmemperchild=9'], '--max-memory-per-child=9'],
  ])('writes %j as today: %s', async (options, today) => {
    expect(await argvOf(['w1', ...options])).toContain(today)
  })

  it('takes the more specific of -l and -L', async () => {
    const { plans } = await planAll(['2', '-l', 'INFO', '-L:2', 'DEBUG'], onPath)
    const levels = plans.map((plan) => plan.ok && plan.value.argv.slice(2, 4))
    expect(levels).toEqual([
      ['-l', 'INFO'],
      ['-l', 'DEBUG'],
    ])
  })

  it('joins two -I', async () => {
    expect(await argvOf(['w1', '-I', 'a', '--include=b,c'])).toEqual([CELERY, 'worker', '-I', 'a,b,c', ...FILES])
  })

  it('is found behind a program that runs it, where --kind says that it is Celery', async () => {
    const has: Machine = { programs: [CELERY, '/usr/bin/ddtrace-run'], env }
    const argv = await argvOf(['w1', '--kind=celery', '--cmd=ddtrace-run celery -A proj worker', '-c', '2'], has)
    expect(argv.slice(0, 7)).toEqual(['/usr/bin/ddtrace-run', 'celery', '-A', 'proj', 'worker', '-c', '2'])
    for (const user of ['worker', 'celery']) {
      const line = ['w1', '--kind=celery', `--cmd=ddtrace-run -u ${user} celery -A proj worker`]
      expect((await argvOf(line, has)).slice(1, 8)).toEqual(['-u', user, 'celery', '-A', 'proj', 'worker', '-n'])
    }
  })

  it('-D among other flags is left out too, and an option’s value is not', async () => {
    const argv = await argvOf(['w1', '--cmd=celery worker -ED -AD -DD'])
    expect(argv.slice(2, 4)).toEqual(['-E', '-AD'])
    expect(argv).not.toContain('-DD')
  })

  it.each([['--detach'], ['-D'], ['--cmd=celery worker --detach'], ['--append=--detach']])(
    'stays in the foreground with %s, and says so',
    async (option) => {
      const plan = await planned(['w1', option], onPath)
      expect(plan.argv).not.toContain('--detach')
      expect(plan.argv).not.toContain('-D')
      expect(plan.notes).toEqual([expect.stringContaining('--detach')])
    },
  )

  it('has no notes otherwise', async () => {
    expect((await planned(['w1'], onPath)).notes).toBeUndefined()
  })
})

describe('the plan', () => {
  it('leaves the pidfile to the worker and waits for it and startsecs', async () => {
    expect(await planned(['w1'], onPath)).toMatchObject({
      kind: 'celery',
      cwd: '/srv',
      pidfileOwner: 'worker',
      ready: 'pidfile+alive',
      stop: { warm: 'TERM', soft: 'QUIT', softWhen: 'said', cold: 'KILL' },
      pidfile: '/run/multi/w1.pid',
      logfile: '/log/w1.log',
    })
  })

  it('tells the worker who it is', async () => {
    const { plans } = await planAll(['3', '-A', 'proj'], onPath)
    expect(plans[2]?.ok && plans[2].value.env).toEqual({
      MULTI_NODE: 'celery3@vm',
      MULTI_INDEX: '3',
      MULTI_PIDFILE: '/run/multi/celery3.pid',
      MULTI_LOGFILE: '/log/celery3.log',
      SPT_NOENV: '1',
    })
  })

  it('hands on --workdir absolute: Celery would count a relative one from there again', async () => {
    const plan = await planned(['w1', '--workdir=app'], { ...onPath, directories: ['/srv/app'] })
    expect(plan.cwd).toBe('/srv/app')
    expect(plan.argv).toContain('--workdir=/srv/app')
  })

  it('sets the umask itself, as Celery in the foreground does not', async () => {
    const plan = await planned(['w1', '--umask=027'], onPath)
    expect(plan.umask).toBe(0o27)
    expect(plan.argv).toEqual([CELERY, 'worker', ...FILES])
  })
})

describe('the program', () => {
  it('is celery on PATH', async () => {
    const machine = { programs: ['/b/celery', '/usr/bin/celery'], env: { PATH: '/a:/b:/usr/bin' } }
    expect((await argvOf(['w1'], machine))[0]).toBe('/b/celery')
  })

  it('is else python3 -m celery, proven once for all nodes from where they run', async () => {
    const machine = { programs: ['/usr/bin/python3'], answers: { [`/usr/bin/python3 ${PROBE}`]: '' }, env }
    const { plans, ran } = await planAll(['100'], machine)
    expect(
      plans.every((plan) => plan.ok && plan.value.argv.slice(0, 4).join(' ') === '/usr/bin/python3 -m celery worker'),
    ).toBe(true)
    expect(ran).toEqual([{ argv: `/usr/bin/python3 ${PROBE}`, cwd: '/srv' }])
  })

  it('that is nowhere ends with all that was tried', async () => {
    expect(await refused(['w1'], { programs: ['/usr/bin/python3'] })).toMatchObject({
      reason: 'not-found',
      what: 'celery',
      tried: ['/usr/bin/celery', '/usr/bin/python3 -m celery'],
    })
    expect(await refused(['w1'], { env: { PATH: '/a:/b' } })).toMatchObject({
      tried: ['/a/celery', '/b/celery', '/a/python3', '/b/python3'],
    })
  })

  it('that may not be executed is denied', async () => {
    expect(await refused(['w1'], { denied: [CELERY] })).toMatchObject({ reason: 'denied', path: CELERY })
  })
})

describe('--executable', () => {
  const python = '/venv/bin/python'
  const line = ['w1', `--executable=${python}`]

  it.each([
    ['pip', '#!/venv/bin/python3\nimport sys\n'],
    ['pip in a long path', "#!/bin/sh\n'''exec' /long/python \"$0\" \"$@\"\n' '''\n"],
    ['Debian', "#!/bin/sh\nshell_code=''' '\n"],
  ])('runs the script beside it, so that HUP works (%s)', async (_, script) => {
    const machine = { programs: [python, '/venv/bin/celery'], files: { '/venv/bin/celery': script } }
    expect(await argvOf(line, machine)).toEqual([python, '/venv/bin/celery', 'worker', ...FILES])
  })

  it('runs a sibling that is not Python as it is', async () => {
    const machine = { programs: [python, '/venv/bin/celery'], files: { '/venv/bin/celery': '#!/bin/bash\nexec x\n' } }
    expect((await argvOf(line, machine)).slice(0, 2)).toEqual(['/venv/bin/celery', 'worker'])
  })

  it('is else asked for the module', async () => {
    const machine = { programs: [python], answers: { [`${python} ${PROBE}`]: '' } }
    expect((await argvOf(line, machine)).slice(0, 3)).toEqual([python, '-m', 'celery'])
    expect(await refused(line, { programs: [python] })).toMatchObject({
      reason: 'not-found',
      tried: ['/venv/bin/celery', `${python} -m celery`],
    })
  })

  it('that is not there is what is missing', async () => {
    expect(await refused(line)).toMatchObject({ reason: 'not-found', what: python, tried: [python] })
  })

  it('runs a --cmd that begins with - or names a .py file', async () => {
    const machine = { programs: [python, '/usr/bin/python3'], answers: { [`${python} ${PROBE}`]: '' } }
    expect((await argvOf([...line, '--cmd=-m celery worker'], machine)).slice(0, 4)).toEqual([
      python,
      '-m',
      'celery',
      'worker',
    ])
    expect(await argvOf([...line, '--cmd=run.py x'], machine)).toEqual([python, 'run.py', 'x'])
    expect(await argvOf(['w1', '--cmd=run.py x'], machine)).toEqual(['/usr/bin/python3', 'run.py', 'x'])
  })

  it('is not used when --cmd names a program, and that is said', async () => {
    const plan = await planned([...line, '--cmd=/usr/bin/celery worker'], onPath)
    expect(plan.argv[0]).toBe(CELERY)
    expect(plan.notes).toEqual([expect.stringContaining('--executable')])
  })
})

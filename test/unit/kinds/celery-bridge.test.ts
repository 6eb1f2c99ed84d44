import { describe, expect, it } from 'vitest'
import { renewed, TRIAL } from '../../../src/kinds/celery/bridge.ts'
import { included } from '../../../src/kinds/celery/include.ts'
import { BRIDGE, CELERY, contextOf, FILES, type Machine, PID, planAll, planned } from './machine.ts'

const PYTHON = '/usr/bin/python3'
const SCRIPT = '#!/usr/bin/python3\nfrom celery.__main__ import main\n'
const FOUND = `${PID} ${BRIDGE}/multi_bridge.py\n`
const BRIDGED = ['-I', 'multi_bridge'] as const

/** A machine whose `celery` is that script, where these interpreters can import the bridge. */
const where = (script: string, interpreters: readonly string[], rest: Machine = {}): Machine => ({
  programs: [CELERY, PYTHON],
  files: { [CELERY]: script },
  ...rest,
  answers: { ...rest.answers, ...Object.fromEntries(interpreters.map((one) => [`${one} -c ${TRIAL}`, FOUND])) },
})

const good = where(SCRIPT, [PYTHON])

describe('a bridge that the same Python can import', () => {
  it('is loaded, and the worker is asked for its own word', async () => {
    const plan = await planned(['w1'], good)
    expect(plan.argv).toEqual([CELERY, 'worker', ...FILES, ...BRIDGED])
    expect(plan.env['PYTHONPATH']).toBe(BRIDGE)
    expect(plan.ready).toBe('vitals')
    expect(plan.notes).toBeUndefined()
  })

  it('is tried once for all nodes, from where they run, without waking Celery', async () => {
    const { ran } = await planAll(['100'], good)
    const env = { PYTHONPATH: BRIDGE, MULTI_BRIDGE_PROBE: '1' }
    expect(ran).toEqual([{ argv: `${PYTHON} -c ${TRIAL}`, cwd: '/srv', env }])
  })

  it('stands before a PYTHONPATH that is there', async () => {
    const plan = await planned(['w1'], { ...good, env: { PYTHONPATH: '/mine:/more' } })
    expect(plan.env['PYTHONPATH']).toBe(`${BRIDGE}:/mine:/more`)
    const empty = await planned(['w1'], { ...good, env: { PYTHONPATH: '' } })
    expect(empty.env['PYTHONPATH']).toBe(BRIDGE)
  })

  it('is tried as the user that the worker will be', async () => {
    const as = '/usr/bin/setpriv --reuid=33 --regid=33 --init-groups --'
    const passwd = { [CELERY]: SCRIPT, '/etc/passwd': 'www:x:33:33::/var/www:/bin/sh\n', '/etc/group': 'www:x:33:\n' }
    const machine = { programs: [CELERY, '/usr/bin/setpriv'], files: passwd }
    const proven = { ...machine, answers: { [`${as} ${PYTHON} -c ${TRIAL}`]: FOUND } }
    expect((await planned(['w1', '--uid=www'], proven)).ready).toBe('vitals')
    const onlyRoot = { ...machine, answers: { [`${PYTHON} -c ${TRIAL}`]: FOUND } }
    expect((await planned(['w1', '--uid=www'], onlyRoot)).ready).toBe('pidfile+alive')
  })
})

describe('the Python that runs Celery', () => {
  it.each([
    ['pip', SCRIPT, PYTHON],
    ['with options', SCRIPT.replace('python3', 'python3 -sE'), `${PYTHON} -sE`],
    ['env', SCRIPT.replace('/usr/bin/python3', '/usr/bin/env python3.12'), '/usr/bin/env python3.12'],
    ['env -S', SCRIPT.replace('/usr/bin/python3', '/usr/bin/env -S python3 -E'), '/usr/bin/env -S python3 -E'],
    [
      'pip in a long path',
      "#!/bin/sh\n'''exec' /long/bin/python \"$0\" \"$@\"\n' '''\nfrom celery.__main__ import main\n",
      '/long/bin/python',
    ],
    [
      'uv in a path with spaces',
      "#!/bin/sh\n'''exec' '/a b/bin/python3' \"$0\" \"$@\"\n' '''\nimport celery\n",
      '/a b/bin/python3',
    ],
    [
      'Debian',
      "#!/bin/sh\nshell_code=''' '\nthen\n    exec python3 \"$0\" \"$@\"\nfi\npython_code='''\n load_entry_point(\"celery\")\n",
      'python3',
    ],
  ])('is read from the script: %s', async (_, script, interpreter) => {
    expect((await planned(['w1'], where(script, [interpreter]))).ready).toBe('vitals')
    expect((await planned(['w1'], where(script, []))).ready).toBe('pidfile+alive')
  })

  it.each([
    ['python3 -m celery', [`--cmd=python3 -m celery worker`], PYTHON],
    ['its options', [`--cmd=python3 -E -m celery worker`], `${PYTHON} -E`],
    ['a program before it', [`--cmd=env X=1 python3 -m celery worker`], '/usr/bin/env X=1 python3'],
    ['--executable', [`--executable=${PYTHON}`], PYTHON],
  ])('is taken from the command: %s', async (_, line, interpreter) => {
    const programs = [CELERY, PYTHON, '/usr/bin/env']
    expect((await planned(['w1', ...line], where(SCRIPT, [interpreter], { programs }))).ready).toBe('vitals')
    expect((await planned(['w1', ...line], where(SCRIPT, [], { programs }))).ready).toBe('pidfile+alive')
  })
})

describe('without a bridge', () => {
  const expectMute = async (line: readonly string[], machine: Machine, why: string) => {
    const plan = await planned(['w1', ...line], machine)
    expect(plan.argv).not.toContain('multi_bridge')
    expect(plan.env).not.toHaveProperty('PYTHONPATH')
    expect(plan.ready).toBe('pidfile+alive')
    expect(plan.notes).toEqual([expect.stringContaining(why)])
  }

  it('starts a worker whose Python cannot import it, and says why', () =>
    expectMute([], where(SCRIPT, []), 'did not import it'))

  it.each([
    ['a shell', '#!/bin/bash\nexec /opt/venv/bin/celery "$@"\n'],
    ['an archive', '#!/usr/bin/python3\nPK\u0003\u0004'],
  ])('starts a worker behind %s', (_, script) => expectMute([], where(script, [PYTHON]), 'cannot be seen'))

  it("starts a worker that would find another's module of that name", async () => {
    const answers = { [`${PYTHON} -c ${TRIAL}`]: `${PID} /srv/multi_bridge.py\n` }
    await expectMute([], { ...good, answers }, 'not have multi')
  })

  it('starts a worker that would not be the process which multi starts', async () => {
    const answers = { [`${PYTHON} -c ${TRIAL}`]: FOUND.replace(String(PID), '8') }
    await expectMute([], { ...good, answers }, 'would not be the process')
  })

  it('keeps the modules that CELERY_WORKER_INCLUDE names', async () => {
    const machine = { ...good, env: { CELERY_WORKER_INCLUDE: 'mine' } }
    await expectMute([], machine, 'CELERY_WORKER_INCLUDE')
    expect((await planned(['w1', '-I', 'a'], machine)).argv).toContain('a,multi_bridge')
  })

  it('starts what --cmd names without knowing it, as it is', async () => {
    const plan = await planned(['w1', '--kind=celery', '--cmd=python3 run.py'], good)
    expect(plan.argv.slice(0, 2)).toEqual([PYTHON, 'run.py'])
    expect(plan.argv).not.toContain('multi_bridge')
    expect(plan.quiet).toBeUndefined()
  })

  it('says nothing of it when MULTI_BRIDGE=0 asks for that', async () => {
    const plan = await planned(['w1'], { ...good, env: { MULTI_BRIDGE: '0' } })
    expect(plan).toMatchObject({ argv: [CELERY, 'worker', ...FILES], ready: 'pidfile+alive' })
    expect(plan.notes).toBeUndefined()
  })
})

describe('a -I of the user', () => {
  it.each([
    [
      ['-I', 'a'],
      ['-I', 'a,multi_bridge'],
    ],
    [['-Ia,b'], ['-Ia,b,multi_bridge']],
    [['--include=a'], ['--include=a,multi_bridge']],
    [
      ['--include', 'a'],
      ['--include', 'a,multi_bridge'],
    ],
    [
      ['-EI', 'a'],
      ['-EI', 'a,multi_bridge'],
    ],
    [
      ['-I', 'a', '-I', 'b'],
      ['-I', 'a', '-I', 'b,multi_bridge'],
    ],
    [
      ['-n', '-I', '-c', '2'],
      ['-n', '-I', '-c', '2', ...BRIDGED],
    ],
    [
      ['-c', '2', '--', '-I', 'a'],
      ['-c', '2', ...BRIDGED, '--', '-I', 'a'],
    ],
  ])('%j is joined, as Celery reads it: %j', (words, joined) => {
    expect(included(words, 'multi_bridge')).toEqual(joined)
  })

  it('is joined wherever it was given', async () => {
    const programs = [CELERY, PYTHON]
    const plan = await planned(['w1', '--cmd=celery worker -I a'], { ...good, programs })
    expect(plan.argv).toContain('a,multi_bridge')
    expect(plan.argv.filter((word) => word === '-I')).toHaveLength(1)
    expect((await planned(['w1', '--append=-I b'], good)).argv.slice(-2)).toEqual(['-I', 'b,multi_bridge'])
  })
})

describe('a plan that was recorded', () => {
  it('is tried anew: with another PYTHONPATH, or without the bridge where it is gone', async () => {
    const recorded = await planned(['w1', '-I', 'a'], { ...good, env: { PYTHONPATH: '/old' } })
    const again = await renewed(recorded, contextOf({ ...good, env: { PYTHONPATH: '/new' } }).context)
    expect(again).toEqual({ ...recorded, env: { ...recorded.env, PYTHONPATH: `${BRIDGE}:/new` } })
    const silent = await renewed(recorded, contextOf(where(SCRIPT, [])).context)
    expect(silent.argv).toEqual([CELERY, 'worker', '-I', 'a', ...FILES])
    expect(silent.env).not.toHaveProperty('PYTHONPATH')
    expect(silent.ready).toBe('pidfile+alive')
  })

  it('leaves no empty -I behind, and gets its bridge back', async () => {
    const recorded = await planned(['w1'], good)
    const silent = await renewed(recorded, contextOf(where(SCRIPT, [])).context)
    expect(silent.argv).toEqual([CELERY, 'worker', ...FILES])
    const { notes: _why, ...plan } = silent
    expect(await renewed(plan, contextOf(good).context)).toEqual(recorded)
  })

  it('of another kind stays as it is', async () => {
    const recorded = await planned(['w1', '--cmd=/usr/bin/python3 x'], good)
    expect(await renewed(recorded, contextOf(good).context)).toBe(recorded)
  })
})

describe('telling it to take no more jobs', () => {
  it('is the remote control of the same app and broker, for the queues of -Q', async () => {
    const plan = await planned(['w1', '-A', 'proj', '-b', 'redis://b', '-Q', 'a,b'], good)
    const control = [CELERY, '-A', 'proj', '-b', 'redis://b', 'control', '--destination', 'w1@vm', '--timeout', '5']
    expect(plan.quiet).toEqual({
      by: 'program',
      quiet: [...control, 'cancel_consumer'],
      resume: [...control, 'add_consumer'],
      queues: ['a', 'b'],
    })
  })

  it('reads what stands in --cmd', async () => {
    const plan = await planned(['w1', '--cmd=python3 -m celery -A proj worker -Q a'], good)
    expect(plan.quiet).toMatchObject({ queues: ['a'] })
    expect(plan.quiet?.quiet.slice(0, 6)).toEqual([PYTHON, '-m', 'celery', '-A', 'proj', 'control'])
  })

  it("is for Celery's own queue when none is named", async () => {
    expect((await planned(['w1'], good)).quiet).toMatchObject({ queues: ['celery'] })
  })
})

it('warns of the variable that makes TERM a cold shutdown', async () => {
  expect((await planned(['w1'], good)).caution).toMatchObject({ variable: 'REMAP_SIGTERM', value: 'SIGQUIT' })
})

import { describe, expect, it } from 'vitest'
import { type Machine, planned, refused } from './machine.ts'

const has = (...paths: string[]): Machine => ({
  files: Object.fromEntries(paths.map((path) => [path, ''])),
  programs: ['/usr/bin/celery', '/usr/bin/sleep', '/usr/bin/python3'],
  answers: { '/usr/bin/python3 -c import celery.__main__': '' },
})
const kindOf = async (line: readonly string[], machine: Machine) => (await planned(line, machine)).kind

describe('--cmd', () => {
  it.each([
    ['celery worker', 'celery'],
    ['/usr/bin/celery', 'celery'],
    ['-m celery worker --detach', 'celery'],
    ['python3 -m celery worker', 'celery'],
    ['celery -A proj worker', 'celery'],
    ['sleep 100', 'command'],
    ['python3 -m http.server', 'command'],
    ['python3 manage.py', 'command'],
  ])('%s is kind %s', async (cmd, kind) => {
    expect(await kindOf(['w1', `--cmd=${cmd}`], has())).toBe(kind)
  })

  it('runs celery beat as a command, which knows no -n', async () => {
    const plan = await planned(['w1', '--cmd=celery -A proj beat'], has())
    expect(plan).toMatchObject({ kind: 'command', argv: ['/usr/bin/celery', '-A', 'proj', 'beat'] })
  })

  it('decides before -A', async () => {
    expect(await kindOf(['w1', '--cmd=sleep 100', '-A', './x.mjs'], has())).toBe('command')
  })
})

it.each(['""', "''", '"" -c 4'])('--cmd %s names no program, nor does MULTI_CMD', async (cmd) => {
  const nobody = { reason: 'usage', message: expect.stringContaining('names no program') as string }
  await expect(refused(['w1', `--cmd=${cmd}`], has())).rejects.toThrow('names no program')
  expect(await refused(['w1'], { ...has(), env: { MULTI_CMD: cmd } })).toMatchObject(nobody)
})

describe('MULTI_CMD', () => {
  const machine = { ...has('/srv/x.mjs'), env: { MULTI_CMD: "sleep '1 %n'" } }

  it('is a default for --cmd, split and expanded as it is', async () => {
    expect(await planned(['w1'], machine)).toMatchObject({ kind: 'command', argv: ['/usr/bin/sleep', '1 w1'] })
  })
  it('gives way to --cmd and to --kind app', async () => {
    expect((await planned(['w1', '--cmd=sleep 9'], machine)).argv).toEqual(['/usr/bin/sleep', '9'])
    expect(await kindOf(['w1', '--kind=app', '-A', './x.mjs'], machine)).toBe('app')
  })
  it('that cannot be split is a usage error', async () => {
    expect(await refused(['w1'], { ...machine, env: { MULTI_CMD: "sleep '1" } })).toMatchObject({ reason: 'usage' })
  })
})

describe('-A', () => {
  it.each(['./x', '../srv/x', '/srv/x', 'x.mjs', 'x.mjs:worker', './x:worker'])('%s is an app', async (name) => {
    expect(await kindOf(['w1', '-A', name], has('/srv/x.mjs'))).toBe('app')
  })

  it.each(['x.js', 'x.cjs', 'x.ts', 'x.mts', 'x.cts'])('%s is an app by its ending', async (name) => {
    const machine = {
      ...has(`/srv/${name}`),
      answers: { '/opt/node -p Boolean(process.features.typescript)': 'true\n' },
    }
    expect(await kindOf(['w1', '-A', name], machine)).toBe('app')
  })

  it.each([
    ['proj', '/srv/proj.py', 'celery'],
    ['proj', '/srv/proj/__init__.py', 'celery'],
    ['proj', '/srv/proj/celery.py', 'celery'],
    ['proj.celery', '/srv/proj/celery.py', 'celery'],
    ['proj.celery:app', '/srv/proj/celery.py', 'celery'],
    ['proj', '/srv/proj.cjs', 'app'],
    ['proj:worker', '/srv/proj.mjs', 'app'],
    ['proj', '/srv/proj/index.js', 'app'],
    ['proj', '/srv/elsewhere', 'celery'],
  ])('a bare %s with %s is kind %s', async (name, file, kind) => {
    expect(await kindOf(['w1', '-A', name], has(file))).toBe(kind)
  })

  it('looks in --workdir', async () => {
    const machine = has('/srv/deep/proj.mjs', '/srv/proj.py')
    expect(await planned(['w1', '-A', 'proj', '--workdir=deep'], machine)).toMatchObject({
      kind: 'app',
      cwd: '/srv/deep',
    })
  })

  it('that is both is a usage error which names the two', async () => {
    const failure = await refused(['w1', '-A', 'proj'], has('/srv/proj.py', '/srv/proj.js'))
    expect(failure).toMatchObject({ reason: 'usage', argument: '-A' })
    expect(JSON.stringify(failure)).toContain('/srv/proj.py or /srv/proj.js')
  })

  it('is not needed by Celery', async () => {
    expect(await kindOf(['w1'], has())).toBe('celery')
  })
})

describe('--kind', () => {
  it('decides what disk and --cmd leave open', async () => {
    const both = has('/srv/proj.py', '/srv/proj.js')
    expect(await planned(['w1', '-A', 'proj', '--kind=app'], both)).toMatchObject({ kind: 'app', why: '--kind app' })
    expect(await kindOf(['w1', '-A', 'proj', '--kind=celery'], both)).toBe('celery')
    expect(await kindOf(['w1', '--cmd=sleep 1', '--kind=celery'], both)).toBe('celery')
  })
  it('must exist, and fit the rest', async () => {
    expect(await refused(['w1', '--kind=ruby'], has())).toMatchObject({ reason: 'usage', argument: '--kind' })
    expect(await refused(['w1', '--kind=app', '--cmd=sleep 1'], has())).toMatchObject({ reason: 'usage' })
    expect(await refused(['w1', '--kind=command'], has())).toMatchObject({ reason: 'usage' })
    expect(await refused(['w1', '--kind=app'], has())).toMatchObject({ reason: 'usage' })
  })
})

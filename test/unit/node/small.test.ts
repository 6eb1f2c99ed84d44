import { describe, expect, test } from 'vitest'
import { brief } from '../../../src/node/brief.ts'
import { differences } from '../../../src/node/differences.ts'
import { fromFault } from '../../../src/node/from-fault.ts'
import { logTail } from '../../../src/node/log-tail.ts'
import { World } from '../../sim/index.ts'
import { PLAN, path, RECORD } from './fixtures.ts'

describe('what a running worker was started with that is not asked for now', () => {
  const argv = (...words: string[]) => ({ ...PLAN, argv: [PLAN.argv[0], ...words] }) as typeof PLAN
  const running = (...words: string[]) => ({ ...RECORD, plan: { ...argv(...words), environmentNames: [] } })

  test('nothing, when all is the same or nothing is known', () => {
    expect(differences(argv('-c', '4'), running('-c', '4'))).toEqual([])
    expect(differences(argv('-c', '4'), undefined)).toEqual([])
    const { plan: _plan, ...unknown } = RECORD
    expect(differences(argv('-c', '4'), unknown)).toEqual([])
  })

  test('words on either side, each with its option', () => {
    expect(differences(argv('-c', '4'), running('-c', '8'))).toEqual(['-c 8', 'without -c 4'])
    expect(differences(argv('--x=1', '-E'), running('--x=2'))).toEqual(['--x=2', 'without --x=1', 'without -E'])
  })

  test('kind, directory, user, group and umask', () => {
    const plan = { ...PLAN, kind: 'celery', cwd: path('/other'), uid: 5, umask: 0o22 } as const
    expect(differences(plan, running())).toEqual(['kind command', 'directory /srv', 'uid as it was', 'umask as it was'])
  })
})

describe('the beginning of a command line', () => {
  test('is of at most so many characters', () => {
    expect(brief(['sleep', '1000'], 60)).toBe('sleep 1000')
    expect(brief(['x'.repeat(50), 'y'.repeat(50)], 60)).toBe(`${'x'.repeat(50)} ${'y'.repeat(9)}`)
    expect(brief([], 60)).toBe('')
  })

  test('holds no part of a URL, of which only the whole shows where its password ends', () => {
    const url = `redis://user:${'secret'.repeat(9)}@host`
    expect(brief(['redis-cli', '-u', url], 60)).toBe('redis-cli -u …')
    expect(brief([url], 60)).toBe('…')
    expect(brief(['redis-cli', '-u', url], 200)).toContain(url)
  })
})

describe('the last lines that a worker logged', () => {
  const LOG = path('/var/log/w.log')
  const tail = (text: string, offset = 0) => {
    const world = new World()
    world.files.put(LOG, text)
    return world.runUntil(logTail(world.system({ uid: 0 }), LOG, offset))
  }

  test('are those since it was started, at most twenty, without empty ones', async () => {
    expect(await tail('old\nnew\n', 4)).toEqual(['new'])
    const many = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n\n')
    expect(await tail(many)).toEqual(Array.from({ length: 20 }, (_, at) => `line ${at + 10}`))
  })

  test('are all of a log that was truncated meanwhile', async () => {
    expect(await tail('new\n', 4000)).toEqual(['new'])
  })

  test('cannot move the cursor, colour the terminal, or fill it', async () => {
    const [line] = await tail('\u001b[31mred\u001b[0m\u0007 \u009b2Jx\ttab\r\u001b]0;title\u0007\n')
    expect(line).not.toMatch(/\p{Cc}/u)
    expect(line).toContain('red')
    expect((await tail('x'.repeat(5000)))[0]).toHaveLength(400)
  })

  test('are none when there is no log', async () => {
    const world = new World()
    expect(await world.runUntil(logTail(world.system({ uid: 0 }), path('/nowhere'), 0))).toEqual([])
  })
})

test.each(['EACCES', 'EPERM', 'EROFS'])('%s is a matter of permission, and says what names another place', (code) => {
  expect(fromFault({ code, call: 'open', path: '/x' }, 'open it', '--logfile')).toEqual({
    reason: 'denied',
    what: 'open it',
    code,
    path: '/x',
    option: '--logfile',
  })
})

test('any other errno is told with its call', () => {
  expect(fromFault({ code: 'ENOSPC', call: 'write', path: '/x' }, 'write it', '--pidfile')).toEqual({
    reason: 'system',
    what: 'write it',
    call: 'write',
    code: 'ENOSPC',
    path: '/x',
  })
})

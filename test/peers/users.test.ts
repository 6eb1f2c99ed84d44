import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rigFor } from '../rig/rig.ts'
import { note, skip, withBroker } from './celery.ts'
import { accountOf, anyUser, groupsOf, memberUser, type User, whyNoUsers } from './users.ts'

const noUsers = whyNoUsers()
if (noUsers !== undefined) console.warn(`no workers of other users: ${noUsers}`)
const user: User = anyUser ?? { name: 'nobody', uid: 65_534, gid: 65_534, groups: [65_534] }
const reason = noUsers === undefined ? '' : ` (skipped: ${noUsers})`

const owner = (path: string) => statSync(path).uid
const ascending = (one: number, other: number) => one - other

describe.skipIf(skip || noUsers !== undefined)(
  `Celery workers of another user, by --uid${reason || note}`,
  { concurrent: true },
  () => {
    const celeryFor = withBroker()

    test('Celery itself drops: log and pidfile are its own, and it serves', async (context) => {
      const celery = celeryFor(context)
      const { rig } = celery
      const files = [`--pidfile=${rig.directory}/its/run/%n.pid`, `--logfile=${rig.directory}/its/log/%n%I.log`]
      const line = ['-A', 'tasks', '-c', '1', '-l', 'INFO', `--uid=${user.name}`]
      await celery.done('start', 'w1', ...line, ...files)
      const pidfile = join(rig.directory, 'its/run/w1.pid')
      const logfile = join(rig.directory, 'its/log/w1.log')
      const pid = Number(readFileSync(pidfile, 'utf8'))
      const account = accountOf(pid)
      expect(account).toMatchObject({ uid: user.uid, gid: user.gid })
      expect(account.groups.toSorted(ascending)).toEqual(user.groups.toSorted(ascending))
      expect([owner(pidfile), owner(logfile)]).toEqual([user.uid, user.uid])
      await celery.do('where')
      expect(readFileSync(logfile, 'utf8')).toContain('ready.')
      // By the record alone: stopped as root, without the options.
      await celery.done('stopwait', 'w1')
      expect(existsSync(pidfile)).toBe(false)
      expect(rig.processes()).toEqual([])
    })

    test('--gid is that group instead of the own one of the user', async (context) => {
      const celery = celeryFor(context)
      const { rig } = celery
      const files = [`--pidfile=${rig.directory}/its/run/%n.pid`, `--logfile=${rig.directory}/its/log/%n%I.log`]
      const line = ['-A', 'tasks', '-c', '1', `--uid=${user.uid}`, '--gid=daemon']
      await celery.done('start', 'w1', ...line, ...files)
      const pid = Number(readFileSync(join(rig.directory, 'its/run/w1.pid'), 'utf8'))
      expect(accountOf(pid)).toMatchObject({ uid: user.uid, gid: 1 })
      await celery.done('kill', 'w1')
    })

    test('a log that the user cannot write: exit code 4, the path, and nothing is started', async (context) => {
      const celery = celeryFor(context)
      const { rig } = celery
      const pids = join(rig.directory, 'pids')
      mkdirSync(pids)
      chownSync(pids, user.uid, user.gid)
      const logfile = join(rig.logs, 'w1.log')
      writeFileSync(logfile, 'mine\n')
      chmodSync(logfile, 0o600)
      const line = ['-A', 'tasks', `--uid=${user.name}`, `--pidfile=${pids}/%n.pid`, `--logfile=${logfile}`]
      const { code, stdout } = await celery.multi('start', 'w1', ...line)
      expect(code).toBe(4)
      expect(stdout).toContain(logfile)
      expect(readFileSync(logfile, 'utf8')).toBe('mine\n')
      expect(rig.processes()).toEqual([])
    })

    test('a pidfile directory that the user cannot write: exit code 4, the path, and nothing is started', async (context) => {
      const celery = celeryFor(context)
      const { rig } = celery
      const line = ['-A', 'tasks', `--uid=${user.name}`, `--logfile=${rig.directory}/its/%n.log`]
      const { code, stdout } = await celery.multi('start', 'w1', ...line, `--pidfile=${rig.run}/%n.pid`)
      expect(code).toBe(4)
      expect(stdout).toContain(rig.run)
      expect(rig.processes()).toEqual([])
    })
  },
)

describe.skipIf(noUsers !== undefined)(`commands of another user, by --uid${reason}`, { concurrent: true }, () => {
  const users = [user, ...(memberUser ? [memberUser] : [])].map((one): [string, User] => [one.name, one])

  test.for(users)('%s: its ids, its supplementary groups and none of root’s, its HOME', async ([, one], context) => {
    const rig = rigFor(context)
    const { code } = await rig.multi('start', 'w1', '--cmd=sleep 600', `--uid=${one.name}`)
    expect(code).toBe(0)
    const pid = rig.readPid('w1') ?? 0
    const account = accountOf(pid)
    expect(account).toMatchObject({ uid: one.uid, gid: one.gid })
    expect(account.groups.toSorted(ascending)).toEqual(groupsOf(one.name).toSorted(ascending))
    const environ = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    expect(environ).toContain(`USER=${one.name}`)
    expect(environ).not.toContain(`HOME=${rig.home}`)
    expect(owner(join(rig.logs, 'w1.log'))).toBe(one.uid)
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
    expect(rig.processes()).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { findDirectories } from '../../../src/fleet/directories.ts'
import { World } from '../../sim/index.ts'

interface Given {
  readonly uid?: number
  readonly env?: Readonly<Record<string, string>>
  readonly arrange?: (world: World) => void
}

async function directories({ uid = 1000, env = {}, arrange }: Given) {
  const world = new World()
  const system = world.system({ uid })
  world.files.directory('/var/tmp', { mode: 0o1777 })
  arrange?.(world)
  const home = uid === 0 ? '/root' : `/home/u${uid}`
  const found = await world.runUntil(findDirectories(system, { HOME: home, ...env }, '/srv'))
  return { ...found, world }
}

describe('where pidfiles, logs and the index go', () => {
  test('root’s', async () => {
    expect(await directories({ uid: 0 })).toMatchObject({
      run: '/run/multi',
      log: '/var/log/multi',
      state: '/var/lib/multi',
    })
  })

  test('a user’s with a runtime directory', async () => {
    expect(await directories({ env: { XDG_RUNTIME_DIR: '/run/user/1000' } })).toMatchObject({
      run: '/run/user/1000/multi',
      log: '/home/u1000/.local/state/multi/log',
      state: '/home/u1000/.local/state/multi',
    })
  })

  test('a user’s who came through su and has root’s XDG_RUNTIME_DIR', async () => {
    const { run } = await directories({
      env: { XDG_RUNTIME_DIR: '/run/user/0' },
      arrange: (world) => void world.system({ uid: 0 }),
    })
    expect(run).toBe('/home/u1000/.local/state/multi/run')
  })

  test('a user’s who came through su and has root’s HOME as well', async () => {
    const found = await directories({ env: { XDG_RUNTIME_DIR: '/run/user/0', HOME: '/root' } })
    expect(found).toMatchObject({
      run: '/var/tmp/multi-1000/run',
      log: '/var/tmp/multi-1000/log',
      state: '/var/tmp/multi-1000/state',
    })
  })

  test('a daemon’s whose home is not writable, or not there', async () => {
    for (const HOME of ['/var/lib', '/nonexistent', '/', '']) {
      expect((await directories({ env: { HOME } })).run).toBe('/var/tmp/multi-1000/run')
    }
  })

  test('never in one of a common directory that somebody else has made first', async () => {
    const arrange = (world: World): void => {
      world.files.directory('/var/tmp/multi-1000', { uid: 1001, mode: 0o777 })
    }
    expect((await directories({ env: { HOME: '/nonexistent' }, arrange })).run).toBe('/tmp/multi-1000/run')
  })

  test('never in one that everyone may write to', async () => {
    const arrange = (world: World): void => {
      world.files.directory('/home/u1000/.local/state/multi', { uid: 1000, mode: 0o777 })
    }
    expect((await directories({ arrange })).state).toBe('/var/tmp/multi-1000/state')
  })

  test('systemd’s come first; of a list the first', async () => {
    const arrange = (world: World): void => {
      for (const path of ['/run/a', '/run/b', '/var/log/a', '/var/lib/a']) world.files.directory(path, { uid: 1000 })
    }
    const env = { RUNTIME_DIRECTORY: '/run/a:/run/b', LOGS_DIRECTORY: '/var/log/a', STATE_DIRECTORY: '/var/lib/a:/x' }
    expect(await directories({ env, arrange })).toMatchObject({ run: '/run/a', log: '/var/log/a', state: '/var/lib/a' })
  })

  test('MULTI_*_DIR beats them all, also where it is not writable: the error shall name what was asked for', async () => {
    const env = {
      MULTI_RUN_DIR: '/root/run',
      MULTI_LOG_DIR: 'logs',
      MULTI_STATE_DIR: '/x',
      RUNTIME_DIRECTORY: '/run/a',
    }
    expect(await directories({ env })).toMatchObject({ run: '/root/run', log: '/srv/logs', state: '/x' })
  })

  test('relative values of other variables are ignored', async () => {
    expect((await directories({ env: { XDG_RUNTIME_DIR: 'run' } })).run).toBe('/home/u1000/.local/state/multi/run')
  })

  test('looking for them makes none', async () => {
    const { world } = await directories({})
    expect(world.files.stat('/home/u1000/.local', { uid: 0, gid: 0 }, false)).toBeUndefined()
  })
})

import { expect, test } from 'vitest'
import { shortageOf } from '../../../src/system/fault.ts'
import { type SimSystem, World } from '../../sim/index.ts'
import { group, path, start } from './helpers.ts'

const ETC = path('/etc')

/** Every call that the real System answers by an exception when the kernel is short of something. */
const LOOKS: readonly (readonly [string, (system: SimSystem) => Promise<unknown>])[] = [
  ['readFile', (system) => system.readFile(ETC, 10)],
  ['list', (system) => system.list(ETC)],
  ['stat', (system) => system.stat(ETC)],
  ['statTarget', (system) => system.statTarget(ETC)],
  ['access', (system) => system.access(ETC, 'read')],
  ['readlink', (system) => system.readlink(ETC)],
  ['process', (system) => system.process(1)],
  ['processes', (system) => system.processes()],
  ['realUid', (system) => system.realUid(1)],
  ['environ', (system) => system.environ(1)],
  ['commandLine', (system) => system.commandLine(1)],
  ['workingDirectory', (system) => system.workingDirectory(1)],
  ['descriptor', (system) => system.descriptor(1, 1)],
  ['signal', (system) => system.signal(system.self.identity, 'CONT')],
  ['signalGroup', (system) => system.signalGroup(group(system.self.identity.pid, system.self.identity), 'CONT')],
]

const errorOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test.each(LOOKS)('%s throws when there is no descriptor or memory left, as the real one does', async (call, look) => {
  for (const code of ['EMFILE', 'ENFILE', 'ENOMEM']) {
    const world = new World()
    const system = world.system({ uid: 1000 })
    world.fault({ call: call as 'list', code })
    expect(shortageOf(await world.runUntil(errorOf(look(system))))).toMatchObject({ code })
  }
})

test('what is refused for another reason is an answer, and so is a change', async () => {
  const world = new World()
  const system = world.system({ uid: 1000 })
  world.fault({ call: 'readFile', code: 'EACCES' })
  expect(await world.runUntil(system.readFile(ETC, 10))).toEqual({ found: 'unreadable', code: 'EACCES' })
  world.fault({ call: 'createFile', code: 'EMFILE' })
  expect(await world.runUntil(system.createFile(path('/tmp/a'), '', 0o644))).toMatchObject({ ok: false })
})

test('a worker may live whose birth could not be told of', async () => {
  const world = new World()
  world.program('/usr/bin/w')
  const system = world.system({ uid: 0 })
  world.fault({ call: 'spawn', code: 'EMFILE', leaves: 'all' })
  expect(shortageOf(await world.runUntil(errorOf(start(system, '/usr/bin/w'))))).toMatchObject({ code: 'EMFILE' })
  expect(world.processes().map(({ argv }) => argv[0])).toContain('/usr/bin/w')
})

import { expect, test } from 'vitest'
import { err } from '../../../src/model/result.ts'
import { Look } from '../../../src/node/look.ts'
import type { System } from '../../../src/system/port.ts'
import { World } from '../../sim/index.ts'
import { path } from './fixtures.ts'

const THERE = path('/run/multi/there')
const LATE = path('/run/multi/late')

/** Whether both are missing: before one of them is made, and after. */
async function missing({ lists, renewed = false }: { lists: boolean; renewed?: boolean }) {
  const world = new World()
  const system = world.system({ uid: 0 })
  world.files.put(THERE, '')
  const look = new Look(system, { lists })
  const ask = async (by: Look) => [await by.isMissing?.(THERE), await by.isMissing?.(LATE)]
  const before = await world.runUntil(ask(look))
  world.files.put(LATE, '')
  return { before, after: await world.runUntil(ask(renewed ? look.renewed() : look)) }
}

test('a look that lists says what was missing when it listed, once for all', async () => {
  expect(await missing({ lists: true })).toEqual({ before: [false, true], after: [false, true] })
})

test('another look, or one that does not list, says of nothing that it is missing', async () => {
  expect(await missing({ lists: true, renewed: true })).toEqual({
    before: [false, true],
    after: [undefined, undefined],
  })
  expect(await missing({ lists: false })).toEqual({ before: [undefined, undefined], after: [undefined, undefined] })
})

test('where there is no directory all is missing; where it cannot be listed, nothing is', async () => {
  const world = new World()
  const system = world.system({ uid: 0 })
  const isMissing = (lister: System) =>
    world.runUntil((async () => new Look(lister, { lists: true }).isMissing?.(path('/nowhere/w1')))())
  expect(await isMissing(system)).toBe(true)
  const denied = async () => err({ code: 'EACCES', call: 'readdir', path: '/nowhere' })
  expect(await isMissing(Object.assign(Object.create(system) as System, { list: denied }))).toBe(false)
})

test('what would stand in the root directory is looked for there', async () => {
  const world = new World()
  world.files.put(path('/there'), '')
  const look = new Look(world.system({ uid: 0 }), { lists: true })
  const ask = async () => [await look.isMissing?.(path('/there')), await look.isMissing?.(path('/late'))]
  expect(await world.runUntil(ask())).toEqual([false, true])
})

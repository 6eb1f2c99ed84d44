import { describe, expect, test } from 'vitest'
import { onReal, onSimulated } from './conformance/ground.ts'
import { FILES } from './conformance/scenarios-files.ts'
import { PROCESSES } from './conformance/scenarios-processes.ts'

/** What schedules prove on the simulated system holds on Linux only as far as the two are alike. */
describe('the simulated system answers as Linux does', () => {
  test.each(Object.entries({ ...FILES, ...PROCESSES }))('%s', async (_title, scenario) => {
    const real = await onReal(scenario)
    expect(await onSimulated(scenario)).toEqual(real)
  })
})

import { expect, test } from 'vitest'
import { savedPlan } from '../../../src/node/launch.ts'
import { PLAN } from './fixtures.ts'

test('a record keeps names of the caller’s environment and no value of it, also not inside one of ours', () => {
  const env = { MULTI_NODE: 'w1@vm', PYTHONPATH: '/bridge:/home/me/lib' }
  const saved = savedPlan({ ...PLAN, env, unrecorded: ['PYTHONPATH'] }, ['PATH', 'PYTHONPATH'])
  expect(saved.env).toEqual({ MULTI_NODE: 'w1@vm' })
  expect(saved.environmentNames).toEqual(['PATH', 'PYTHONPATH'])
})

import type { TestContext } from 'vitest'
import { isRoot } from '../../rig/rig.ts'

/** Skips the test for want of that. For root, where peers are required, it is a failure, as a missing peer is: there it can be had. */
export function lacks({ skip }: Pick<TestContext, 'skip'>, what: string): never {
  if (isRoot && process.env['MULTI_REQUIRE_PEERS'] === '1') throw new Error(what)
  return skip(what)
}

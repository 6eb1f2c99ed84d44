import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { PATIENCE } from './test/rig/patience.ts'

/** What takes longest: begun last, each would be waited for by idle cores. */
const LONGEST = ['peers/rolling.test.ts', 'peers/bullmq.test.ts', 'integration/crash-random.test.ts']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(name))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/**
 * `seconds`: what no test takes. Those of one order begin when the last order has ended, and what hangs in them is still to be
 * named before .ci/run ends the whole suite, after 40 minutes.
 * Projects of one `order` run side by side, and one order after the other, so that timing in one is not disturbed by another.
 */
function project(
  name: string,
  order: number,
  seconds: number,
  { include = [`test/${name}/**/*.test.ts`], exclude = [] as string[] } = {},
) {
  return {
    test: {
      name,
      include,
      exclude,
      pool: 'forks',
      // More than there are cores where tests mostly wait.
      maxWorkers: isPure(name) ? 2 : 5,
      isolate: !isPure(name),
      sequence: { groupOrder: order },
      testTimeout: seconds * 1000 * PATIENCE,
      hookTimeout: seconds * 1000 * PATIENCE,
      retry: 0,
    },
  } satisfies TestProjectInlineConfiguration
}

/** No processes, no waiting. */
const isPure = (name: string): boolean => name === 'unit' || name === 'sim'

/** A peer that depends on the Node that runs it, as those of Celery do not. */
const BULLMQ = ['test/peers/bullmq.test.ts']

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    passWithNoTests: true,
    sequence: { sequencer: LongestFirst },
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      project('unit', 0, 60),
      project('sim', 0, 60),
      project('integration', 1, 600),
      project('peers', 2, 900, { exclude: BULLMQ }),
      project('bullmq', 1, 900, { include: BULLMQ }),
      project('smoke', 3, 900),
    ],
  },
})

import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/**
 * `seconds`: what no test takes, however loaded the machine is; `npm run test:stress` runs several suites side by side.
 * Projects run one after another (`order`), so that timing in one is not disturbed by another.
 */
function project(name: string, order: number, seconds: number, include = [`test/${name}/**/*.test.ts`]) {
  return {
    test: {
      name,
      include,
      pool: 'forks',
      // More than there are cores: but for `unit`, tests mostly wait.
      maxWorkers: name === 'unit' ? 2 : 5,
      isolate: name !== 'unit',
      sequence: { groupOrder: order },
      testTimeout: seconds * 1000,
      hookTimeout: seconds * 1000,
      retry: 0,
    },
  } satisfies TestProjectInlineConfiguration
}

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    passWithNoTests: true,
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      project('unit', 0, 60, ['test/unit/**/*.test.ts', 'test/sim/**/*.test.ts']),
      project('integration', 1, 180),
      project('peers', 2, 300),
      project('smoke', 3, 600),
    ],
  },
})

import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** Projects run one after another (`order`), so that timing in one is not disturbed by another. */
function project(name: string, order: number, seconds: number, include = [`test/${name}/**/*.test.ts`]) {
  return {
    test: {
      name,
      include,
      pool: 'forks',
      // More than there are cores: but for `unit`, tests mostly wait.
      maxWorkers: name === 'unit' ? 2 : 3,
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
      project('unit', 0, 10, ['test/unit/**/*.test.ts', 'test/sim/**/*.test.ts']),
      project('integration', 1, 60),
      project('peers', 2, 120),
      project('smoke', 3, 240),
    ],
  },
})

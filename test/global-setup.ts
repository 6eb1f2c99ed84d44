import { execFileSync } from 'node:child_process'

/** The tests run the built `bin/multi.js`, so dist is built once before all of them. */
export default function setup(): void {
  if (process.env['MULTI_TEST_NO_BUILD'] === '1') return
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: new URL('..', import.meta.url), stdio: 'inherit' })
}

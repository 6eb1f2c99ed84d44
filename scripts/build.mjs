// Bundles our own modules (dependencies stay real dependencies) and emits the public types.
// Also the `prepare` script: outside a checkout there is nothing to build, and dist is already there.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const tools = await import('esbuild').catch(() => undefined)
const preparing = process.env.npm_lifecycle_event === 'prepare'
if (preparing && (!existsSync('src/cli.ts') || tools === undefined)) process.exit(0)
if (tools === undefined) {
  console.error('build: esbuild is not installed; run `npm ci` first')
  process.exit(1)
}

rmSync('dist', { recursive: true, force: true })
await tools.build({
  entryPoints: ['src/cli.ts', 'src/index.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  logLevel: 'warning',
})

const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url))
const types = spawnSync(tsc, ['-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { stdio: 'inherit' })
process.exitCode = types.status ?? 1

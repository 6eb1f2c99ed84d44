// Bundles our own modules (dependencies stay real dependencies) and emits the public types.
//
// dist/cli.cjs is what every call loads: one file, and CommonJS, because Node's loader of modules alone takes half of what
// `multi names` may. Behind each import() in src/ begins a part: a file of its own, loaded by require() when it is called.
// What two parts use is in both of them, so no module may keep anything that all of the process should see.
// Also the `prepare` script: outside a checkout there is nothing to build, and dist is already there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
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

const changed = (path) => statSync(path).mtimeMs

/** cli.cjs is made first and index.d.ts last: with both there, and nothing in the sources newer, dist is whole. */
function isUpToDate() {
  if (!existsSync('dist/cli.cjs') || !existsSync('dist/index.d.ts')) return false
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).map((name) => join('src', name))
  const others = ['scripts/build.mjs', 'package.json', 'tsconfig.json', 'tsconfig.build.json']
  return Math.max(...[...sources, ...others].map(changed)) < changed('dist/cli.cjs')
}

// `npx multi` in a checkout prepares it each time: that must neither take seconds nor pull dist away from what runs from it.
if (preparing && isUpToDate()) process.exit(0)

// Commands that run meanwhile may keep compiled code there.
rmSync('dist', { recursive: true, force: true, maxRetries: 5 })
const common = {
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false, // Lines and files are what a stack needs; the sources would be in the package several times.
  logLevel: 'warning',
}

/** CommonJS packages, which need no loader of modules either; the others stay import(). */
const REQUIRED = /^(pidusage|proper-lockfile)$/

/** Sources of the parts that were met. */
const parts = new Set(['src/cli.ts'])
const builtFrom = (source) => relative('src', source).replace(/\.ts$/, '.cjs')
const partsApartFrom = (from) => ({
  name: 'parts-apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined
      const source = relative(root, resolve(resolveDir, path))
      parts.add(source)
      return { path: `./${relative(dirname(builtFrom(from)), builtFrom(source))}`, namespace: 'part' }
    })
    onResolve({ filter: REQUIRED }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, namespace: 'part' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }))
    onResolve({ filter: /.*/, namespace: 'part' }, ({ path }) => ({ path, external: true }))
  },
})

/**
 * The first line of each part tells it from that of any other build, for bin/compiled.js. Not of one that imports: on Node 20 a
 * script that was compiled earlier cannot, so those are left to Node's own loader.
 */
const UNHASHED = '0'.repeat(32)
function stamp(file) {
  const text = readFileSync(file, 'utf8')
  if (/\bimport\(/.test(text)) return
  const hash = createHash('sha256').update(text).digest('hex').slice(0, UNHASHED.length)
  writeFileSync(file, text.replace(UNHASHED, hash))
}

// A set goes on to those that are added while it is gone through.
for (const part of parts) {
  await tools.build({
    ...common,
    entryPoints: [part],
    outbase: 'src',
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    banner: { js: `//${UNHASHED}` },
    plugins: [partsApartFrom(part)],
  })
  stamp(join('dist', builtFrom(part)))
}
await tools.build({ ...common, entryPoints: ['src/index.ts'], outdir: 'dist', format: 'esm' })

const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url))
const types = spawnSync(tsc, ['-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { stdio: 'inherit' })
process.exitCode = types.status ?? 1

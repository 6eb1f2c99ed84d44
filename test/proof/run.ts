// npm run proof [-- --only NAME] [--runs N] [--seed S]: proves the proof. Each deliberate bug, in a copy of the tree, must be found.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { MUTANTS, type Mutant } from './mutants.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000_000)) },
  },
})

const SEEDS = 3
const AT_ONCE = 2
const COPIED = ['src', 'test', 'schema', 'bridge', 'man', 'package.json', 'tsconfig.json', 'vitest.config.ts']
const CLEAN: Mutant = { name: 'none: the code as it is', edits: [] }

interface Row {
  readonly name: string
  readonly by: string
  readonly ok: boolean
  readonly seconds: number
}

function applied(root: string, { name, edits }: Mutant): void {
  for (const { file, search, replace } of edits) {
    const path = join(root, file)
    const parts = readFileSync(path, 'utf8').split(search)
    if (parts.length !== 2)
      throw new Error(`${name}: its text is ${parts.length - 1} times in ${file}, not once:\n${search}`)
    writeFileSync(path, parts.join(replace))
  }
}

/** A copy of the tree with that bug in it. */
function copied(mutant: Mutant): string {
  const root = mkdtempSync(join(tmpdir(), 'multi-proof-'))
  for (const name of COPIED) cpSync(name, join(root, name), { recursive: true })
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'))
  applied(root, mutant)
  return root
}

interface Ran {
  readonly code: number
  readonly output: string
}

function node(root: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...process.env, MULTI_TEST_NO_BUILD: '1', NO_COLOR: '1' }
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.once('close', (code) => resolve({ code: code ?? -1, output }))
  })
}

async function simOf(root: string): Promise<string> {
  const outfile = join(root, 'sim.mjs')
  const entryPoints = [join(root, 'test/sim/run/main.ts')]
  await build({
    entryPoints,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  return outfile
}

interface Judged {
  readonly ok: boolean
  readonly by: string
}

const FAILED = /^FAILED: seed (\d+) \(([^)]*)\)/m

async function bySchedules(root: string): Promise<Judged> {
  const sim = await simOf(root)
  const found: string[] = []
  for (let at = 0; at < SEEDS; at++) {
    const first = Number(values.seed) + at * Number(values.runs)
    const { code, output } = await node(root, [sim, '--no-shrink', `--runs=${values.runs}`, `--seed=${first}`])
    const [, seed, flavour] = FAILED.exec(output) ?? []
    if (code !== 1 || seed === undefined)
      return { ok: false, by: `NOT FOUND in ${values.runs} schedules from seed ${first}` }
    found.push(`${Number(seed) - first + 1} (${flavour})`)
  }
  return { ok: true, by: `schedules: after ${found.join(', ')}` }
}

async function byTest(root: string, file: string): Promise<Judged> {
  const { code, output } = await node(root, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', '--bail=1', file])
  const failed = /(\d+) failed/.exec(output)?.[1]
  return code === 1 && failed !== undefined && / FAIL /.test(output)
    ? { ok: true, by: `${file}: ${/ FAIL .* > (.*)$/m.exec(output)?.[1] ?? `${failed} failed`}` }
    : { ok: false, by: `NOT FOUND by ${file}` }
}

/** Whoever finds bugs where there are none proves nothing. */
async function clean(root: string): Promise<Judged> {
  const sim = await node(root, [await simOf(root), `--runs=${values.runs}`, `--seed=${values.seed}`])
  if (sim.code !== 0) return { ok: false, by: sim.output }
  const files = [...new Set(MUTANTS.flatMap(({ test }) => test ?? []))]
  const tests = await node(root, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...files])
  return tests.code === 0
    ? { ok: true, by: `nothing reported: ${values.runs} schedules, ${files.length} test files` }
    : { ok: false, by: tests.output }
}

async function prove(mutant: Mutant): Promise<Row> {
  const begun = performance.now()
  const root = copied(mutant)
  try {
    const judged = await (mutant === CLEAN ? clean(root) : mutant.test ? byTest(root, mutant.test) : bySchedules(root))
    return { name: mutant.name, ...judged, seconds: (performance.now() - begun) / 1000 }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const chosen = [CLEAN, ...MUTANTS].filter(({ name }) => values.only === undefined || name.includes(values.only))
if (chosen.length === 0) throw new Error(`No bug is named ${values.only}`)
const width = Math.max(...chosen.map(({ name }) => name.length))
const begun = performance.now()
const waiting = [...chosen]
const rows: Row[] = []

async function work(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const row = await prove(next)
    rows.push(row)
    console.log(
      `${row.ok ? 'ok  ' : 'FAIL'}  ${row.name.padEnd(width)}  ${row.seconds.toFixed(0).padStart(3)} s  ${row.by}`,
    )
  }
}

console.log(
  `${chosen.filter((one) => one !== CLEAN).length} bugs, ${SEEDS} times up to ${values.runs} schedules each; seed ${values.seed}`,
)
await Promise.all(Array.from({ length: AT_ONCE }, work))
const missed = rows.filter(({ ok }) => !ok)
console.log(
  `${rows.length - missed.length} of ${rows.length} as they should be, in ${((performance.now() - begun) / 1000).toFixed(0)} s`,
)
process.exit(missed.length > 0 ? 1 : 0)

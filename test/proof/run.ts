// npm run proof [-- --only NAME] [--runs N] [--seed S]: proves the proof. Each deliberate bug, in a copy of the tree, must be found.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { countOf, misused, readOptions } from '../../scripts/options.ts'
import { MUTANTS, type Mutant } from './mutants.ts'

const { values } = readOptions('proof', {
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000_000)) },
  },
})
const runs = countOf('proof', 'runs', values.runs, 1)
const firstSeed = countOf('proof', 'seed', values.seed)

const SEEDS = 3
const AT_ONCE = 2
const COPIED = [
  'src',
  'test',
  'scripts',
  'schema',
  'bridge',
  'man',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]
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

/** The seed, its flavour and the first complaint: what tell() of test/sim/run says. */
const FAILED = /^FAILED: seed (\d+) \(([^)]*)\).*\n((?: {2}.*\n)+)/m

/** Who puts a bug in and breaks the simulated machine has not found it. */
const MACHINE_THREW = 'the simulated machine threw'

const WIDEST = 100
const brief = (complaint: string): string => {
  const text = complaint.trim().split('\n', 1)[0] ?? ''
  return text.length > WIDEST ? `${text.slice(0, WIDEST)}…` : text
}

async function bySchedules(root: string): Promise<Judged> {
  const sim = await simOf(root)
  const found: string[] = []
  for (let at = 0; at < SEEDS; at++) {
    const first = firstSeed + at * runs
    const { code, output } = await node(root, [sim, '--no-shrink', `--runs=${runs}`, `--seed=${first}`])
    const [, seed, flavour, complaints = ''] = FAILED.exec(output) ?? []
    if (code !== 1 || seed === undefined) return { ok: false, by: `NOT FOUND in ${runs} schedules from seed ${first}` }
    if (complaints.includes(MACHINE_THREW)) return { ok: false, by: `NOT FOUND, seed ${seed}: ${brief(complaints)}` }
    found.push(`${Number(seed) - first + 1} (${flavour}: ${brief(complaints)})`)
  }
  return { ok: true, by: `schedules: after ${found.join(', ')}` }
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly failureMessages: readonly string[] }[]
  }[]
}

/** As `complaintOf` of test/sim/schedules has it: thrown there, and neither an expectation nor that something never ends. */
function isOfTheMachine(complaint: string): boolean {
  const [, thrownAt = ''] = /^ *at (.*)$/m.exec(complaint) ?? []
  return !/^(AssertionError|Stuck|NoAnswer)/.test(complaint) && thrownAt.includes('/test/sim/')
}

async function byTest(root: string, file: string): Promise<Judged> {
  const outputFile = join(root, 'report.json')
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const { code } = await node(root, [vitest, 'run', '--bail=1', '--reporter=json', `--outputFile=${outputFile}`, file])
  const tests = existsSync(outputFile)
    ? (JSON.parse(readFileSync(outputFile, 'utf8')) as Report).testResults.flatMap((one) => one.assertionResults)
    : []
  const failed = tests.find(({ failureMessages }) => failureMessages.length > 0)
  // A file that cannot even be loaded has tested nothing.
  if (code !== 1 || !failed) return { ok: false, by: `NOT FOUND by ${file}` }
  const [complaint = ''] = failed.failureMessages
  return isOfTheMachine(complaint)
    ? { ok: false, by: `NOT FOUND by ${file}, ${failed.title}: the simulated machine threw ${brief(complaint)}` }
    : { ok: true, by: `${file}: ${failed.title}: ${brief(complaint)}` }
}

/** Whoever finds bugs where there are none proves nothing. */
async function clean(root: string): Promise<Judged> {
  const sim = await node(root, [await simOf(root), `--runs=${runs}`, `--seed=${firstSeed}`])
  if (sim.code !== 0) return { ok: false, by: sim.output }
  const files = [...new Set(MUTANTS.flatMap(({ test }) => test ?? []))]
  const tests = await node(root, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...files])
  return tests.code === 0
    ? { ok: true, by: `nothing reported: ${runs} schedules, ${files.length} test files` }
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
if (chosen.length === 0) misused('proof', `no bug is named ${values.only}`)
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
  `${chosen.filter((one) => one !== CLEAN).length} bugs, ${SEEDS} times up to ${runs} schedules each; seed ${firstSeed}`,
)
await Promise.all(Array.from({ length: AT_ONCE }, work))
const missed = rows.filter(({ ok }) => !ok)
console.log(
  `${rows.length - missed.length} of ${rows.length} as they should be, in ${((performance.now() - begun) / 1000).toFixed(0)} s`,
)
process.exit(missed.length > 0 ? 1 : 0)

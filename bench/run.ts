import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureFleet, measureSmall } from './measure.ts'
import { fleetRows, growthRows, isMet, smallRows, table } from './rows.ts'
import { BASE, Stage } from './stage.ts'

/** Of interleaved whole processes, whose median is compared: see README.md. */
const ROUNDS = { full: 11, quick: 3 }
const NAMES_ROUNDS = { full: 41, quick: 11 }

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, check: { type: 'boolean' } } })
const effort = values.quick ? 'quick' : 'full'
const say = (text: string): void => void (process.stderr.isTTY && process.stderr.write(`\r\u001b[K${text}`))

function build(): void {
  if (existsSync(new URL('../dist/cli.cjs', import.meta.url))) return
  execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  })
}

function machine(): string {
  const [cpu] = cpus()
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0)
  const fileSystem = execFileSync('stat', ['--file-system', '--format=%T', BASE], { encoding: 'utf8' }).trim()
  const load = loadavg()[0]?.toFixed(1)
  return `Node ${process.version}, Linux ${release()}, ${cpus().length} × ${cpu?.model ?? '?'}, ${gigabytes} GB, ${fileSystem}, load ${load}`
}

build()
const facts = machine()
const stage = new Stage()
try {
  const small = measureSmall(stage, NAMES_ROUNDS[effort])
  const few = measureFleet(stage, 100, ROUNDS[effort], say)
  const many = measureFleet(stage, 1000, ROUNDS[effort], say)
  say('')
  const rows = [...smallRows(small), ...fleetRows(few), ...fleetRows(many), ...growthRows(few, many)]
  console.log(`${facts}; median of ${ROUNDS[effort]} (names: ${NAMES_ROUNDS[effort]}), interleaved\n\n${table(rows)}`)
  if (values.check && !rows.every(isMet)) process.exitCode = 1
} finally {
  stage.clear()
}

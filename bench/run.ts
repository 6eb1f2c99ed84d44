import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { marked, rewritten } from './document.ts'
import { floor, runAdopted } from './floor.ts'
import { machine } from './machine.ts'
import { measureRound, measureSmall, type Small } from './measure.ts'
import { findPeers, peerNames } from './peers/index.ts'
import { type Effort, NAMES_ROUNDS, sizesOf, type Turn, turns } from './plan.ts'
import { Results } from './results.ts'
import { fleetRows, growthRows, isMet, pairOf, type Row, smallRows, targets } from './rows.ts'
import { Stage } from './stage.ts'
import { spread, summary } from './table.ts'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    check: { type: 'boolean' },
    write: { type: 'boolean' },
    only: { type: 'string' },
    sizes: { type: 'string' },
    rounds: { type: 'string' },
  },
})
const effort: Effort = values.quick ? 'quick' : 'full'
const say = (text: string): void => void process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`)

function build(): void {
  if (existsSync(file('../dist/cli.cjs'))) return
  execFileSync(process.execPath, [file('../scripts/build.mjs')], { stdio: 'inherit' })
}

/** A failure ends what one manager does with so many workers, and nothing else. */
async function take(stage: Stage, results: Results, { peer, count, round }: Turn): Promise<void> {
  const line = results.line(peer, count)
  if (line.failed) return
  say(`${count} workers, round ${round}: ${peer.name}`)
  try {
    results.add(peer, count, await measureRound(stage, peer, count))
  } catch (error) {
    line.failed = true
    process.exitCode = 1
    console.error(`\n${peer.name} with ${count} workers:`, error)
    await stage.killAll()
  }
}

function rowsOf(small: Small, results: Results): Row[] {
  const [few, many] = [pairOf(results, 100), pairOf(results, 1000)]
  return [
    ...smallRows(small),
    ...(few ? fleetRows(few) : []),
    ...(many ? fleetRows(many) : []),
    ...(few && many ? growthRows(few, many) : []),
  ]
}

function document(shown: string, rows: readonly Row[], results: Results): string {
  return [
    '# Results',
    'What each column means, and what each side does: [README.md](README.md).',
    marked(shown),
    '## Targets',
    targets(rows),
    '## Spread',
    'Median, least and most.',
    spread(results),
  ]
    .join('\n\n')
    .concat('\n')
}

function write(shown: string, text: string): void {
  writeFileSync(file('RESULTS.md'), text)
  writeFileSync(file('../README.md'), rewritten(readFileSync(file('../README.md'), 'utf8'), shown))
}

async function main(): Promise<void> {
  build()
  const facts = machine()
  const { peers, missing } = findPeers(values.only?.split(',') ?? peerNames, floor)
  const sizes = sizesOf(effort, values)
  const stage = new Stage()
  const leave = (): void => void stage.clear().finally(() => process.exit(130))
  process.once('SIGINT', leave).once('SIGTERM', leave)
  const results = new Results()
  const began = performance.now()
  try {
    const small = await measureSmall(stage, NAMES_ROUNDS[effort])
    for (const [count, rounds] of sizes) {
      for (const turn of turns(peers, count, rounds)) await take(stage, results, turn)
    }
    const minutes = Math.ceil((performance.now() - began) / 60_000)
    say('')
    const rows = rowsOf(small, results)
    const shown = summary(peers, results, [`${facts}; ${minutes} minutes.`, ...missing])
    const text = document(shown, rows, results)
    console.log(text)
    if (values.write) write(shown, text)
    if (values.check && !rows.every(isMet)) process.exitCode = 1
  } finally {
    await stage.clear()
  }
}

const code = runAdopted()
if (code === undefined) await main()
else process.exitCode = code
